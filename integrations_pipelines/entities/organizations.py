"""The key that organisation names are compared by in the exact tier: the core name without its legal form."""

import re

from integrations_pipelines.entities.names import fold
from integrations_pipelines.entities.remembered import Remembered

# Legal forms, folded, without dots. Source: the GLEIF Entity Legal Forms code list (ISO 20275), the common ones.
LEGAL_FORMS = frozenset(
    """
    ab ad ae ag aktiengesellschaft ao aps as asa asbl bhd bv bvba company co coop corp corporation cv cvba da
    dba dd doo ead ehf eg ei eirl eireli ek eood ep eurl ev ewiv fzc fzco fze fzllc gbr gesellschaft gesmbh
    gie gmbh godo gaisha hf holding holdings inc incorporated is js jsc kabushiki kaisha kda kf kft kg kgaa kk
    kkt ks lda limited limitada lllp llc llp lp ltd ltda mbh nl nv oao obrt ohg ood oog ooo oy oyj oue pao pbc
    pc pcl pjsc plc pllc private psc pte pt pty public pvt qfc qsc rt sa saa sab sac saoc sarl sas sasu sc sca
    scop scpa scs sdn se sencrl sia sicav sl slne slu snc sociedad societe anonyme soparfi sp spa spj spk
    spolka spzoo srl sro ss stiftung tbk uab ug ulc unlimited vof vzw vos wll xk yk zao zoo zrt zs
    haftungsbeschrankt
    """.split()
)
_LEADING = frozenset({"the", "pt", "ooo", "oao", "zao", "pao", "ao"})
_JOINING = frozenset({"and", "de", "z", "und", "et", "y", "i", "o", "e"})
_GAP = re.compile(r"[\W_]+")


def organization_key(name: str) -> str:
    """The core of an organisation's name: folded, without legal form, article, punctuation and spaces.

    "The ACME Widgets Co., Ltd." and "Acme Widgets GmbH & Co. KG" both give "acmewidgets". At least one word stays.
    """
    return _keys[name]


def _key(name: str) -> str:
    words = _GAP.sub(" ", fold(name).replace("&", " and ").replace("+", " and ").translate(_CLOSED)).split()
    while len(words) > 1 and (words[-1] in LEGAL_FORMS or words[-1] in _JOINING):
        words = words[:-1]
    while len(words) > 1 and words[0] in _LEADING:
        words = words[1:]
    return "".join(words)


# "G.m.b.H." and "O'Neil" are one word each.
_CLOSED = str.maketrans("", "", ".'’`")
_keys = Remembered(_key)
