"""What people call a column of phone numbers, in the languages of those who send."""

import enum
import re
import unicodedata
from functools import lru_cache

__all__ = ["Likeness", "likeness"]


class Likeness(enum.IntEnum):
    """How sure it is that a column with such a name holds phone numbers."""

    NONE = 0
    #: "Number", "Recipient": it may be something else, where another column is surer.
    WEAK = 1
    STRONG = 2


@lru_cache(maxsize=1000)
def likeness(name: str) -> Likeness:
    """Return what the name of a column says: all of its words must be known."""
    words = set(_words(name))
    if not words or words - _PHONE - _NUMBER - _QUALIFIERS:
        return Likeness.NONE
    if words & _PHONE:
        return Likeness.STRONG
    return Likeness.WEAK if words & _NUMBER else Likeness.NONE


def _words(text: str) -> list[str]:
    """Return words without accents, however these are written."""
    plain = "".join(
        each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each)
    )
    return re.findall(r"[^\W\d_]+", plain.casefold())


_PHONE = frozenset(
    _words(
        # English, and what standards and exports say
        "phone phones telephone telephones tel cell cellphone cellular mobile mobiles msisdn gsm "
        "phonenumber telephonenumber mobilenumber mobilephone cellnumber phoneno mobileno "
        "telno handphone "
        # Russian, Ukrainian, Belarusian
        "телефон телефоны телефона тел моб мобильный мобильного сотовый "
        "номертелефона телефони телефону телефона мобільний мобільного "
        "номертелефону тэлефон тэлефона мабільны "
        # French, Spanish, Portuguese, Italian, Romanian
        "téléphone téléphones portable teléfono teléfonos celular celulares móvil telefone "
        "telefones telemóvel telefono cellulare telefonul "
        # German, Dutch, Danish, Norwegian, Swedish, Finnish
        "Telefon Telefonnummer Handy Handynummer Mobil Mobilnummer Mobiltelefon Rufnummer "
        "Mobilfunknummer telefoonnummer telefoon mobiel mobielnummer telefonnr mobilnr "
        "puhelin puhelinnumero matkapuhelin "
        # Polish, Czech, Slovak, Lithuanian, Latvian, Estonian, Hungarian, Bulgarian, Serbian
        "telefonu komórka komórkowy komórkowego mobilní mobilný telefonas telefono telefons "
        "tālrunis mobilais mobiel telefonszám mobilszám мобилен мобилни "
        # Turkish, Azerbaijani, Uzbek, Kazakh, Georgian, Armenian
        "telefonu cep telefoni телефоны ұялы ტელეფონი მობილური հեռախոս հեռախոսահամար "
        # Swahili, Kinyarwanda, Arabic, Hebrew, Chinese, Japanese
        "simu telefoni هاتف الهاتف جوال الجوال טלפון נייד 手机 手机号 手机号码 电话 電話番号"
    )
)
_NUMBER = frozenset(
    _words(
        "number numbers номер номера нумар numéro número numero numer nummer numărul număr číslo "
        "numeris numurs szám numarası numara nömrəsi raqami нөмірі ნომერი համար namba nimero رقم "  # noqa: RUF001
        # who it is may be a name as well
        "recipient получатель одержувач отримувач атрымальнік"
    )
)
_QUALIFIERS = frozenset(
    _words(
        "no nr n num contact your my the of main primary preferred client customer guest user "
        "subscriber recipient sms whatsapp viber e "
        "контактный контактного контакт основной клиента гостя абонента получателя ваш мой для "
        "контактний контактного основний клієнта гостя абонента отримувача ваш кантактны "
        "de du des le la el del contacto contato principal cliente client votre tu seu "
        "kontaktowy kontakt kontaktní kontaktný klienta ya yako"
    )
)
