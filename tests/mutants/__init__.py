"""Mutation testing of the modules that keep the promises: does a test notice a small change?"""
