"""Rank and department read from a job title, by a small table of words in a few languages.

The first rank whose word stands in the title wins, from the top down: who assists a rank has none, and who owns or is a
partner has the highest unless a lower one is named (a partner manager). Words are whole words, so that "cto" is not
found in "director".
"""

import re
from typing import Final

_RANKS: Final = (
    ("individual", "assistant assistante assistent assistentin assistenz assistente asistente"),
    (
        "c_level",
        (
            "ceo cfo cto cmo coo cio cro cso ciso cpo chief founder cofounder co-founder president geschäftsführer"
            " geschäftsführerin inhaber inhaberin gérant proprietário sócio managing-director"
        ),
    ),
    ("vp", "vp svp evp avp vice-president"),
    ("director", "director directrice directeur diretor diretora direktor direktorin leiter leiterin head principal"),
    ("manager", "manager managerin lead supervisor gerente coordinator coordenador teamleiter responsable chef"),
    ("c_level", "owner partner"),
)
_DEPARTMENTS: Final = {
    "marketing": "marketing cmo growth brand demand content seo sem communications pr advertising",
    "sales": "sales vertrieb vendas ventes revenue cro account business-development sdr bdr commercial comercial",
    "engineering": "engineering engineer developer software it cto cio ciso technology data devops architect security"
    " entwickler",
    "finance": "finance financial cfo accounting controller controlling treasury finanzen",
    "operations": "operations coo procurement supply logistics revops hr people",
}
_PHRASES: Final = (
    # a rank of its own, as in banks: not somebody's assistant
    (re.compile(r"\bassistant[\s-]+(?=(?:vice[\s-]+president|director|manager)\b)"), ""),
    # what somebody does, not what is theirs
    (re.compile(r"\b(?:product|process)[\s-]+owner\b|\bbusiness[\s-]+partner\b"), ""),
    (re.compile(r"\bvice[\s-]+president\b"), "vice-president"),
    (re.compile(r"\bmanaging[\s-]+director\b"), "managing-director"),
    (re.compile(r"\bbusiness[\s-]+development\b"), "business-development"),
    (re.compile(r"\bsales[\s-]*operations\b"), "revops"),
)
_PHRASE_WORDS: Final = frozenset(word for _, word in _PHRASES)
_WORD: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_RANK_OF: Final = tuple((rank, frozenset(words.split())) for rank, words in _RANKS)
_DEPARTMENT_OF: Final = tuple((name, frozenset(words.split())) for name, words in _DEPARTMENTS.items())


def seniority(title: str) -> str:
    """`c_level`, `vp`, `director`, `manager` or `individual`."""
    words = _words(title)
    return next((rank for rank, names in _RANK_OF if words & names), "individual")


def department(title: str) -> str:
    """`marketing`, `sales`, `engineering`, `finance`, `operations` or `other`: the first one named in the title."""
    for word in _sequence(title):
        for name, names in _DEPARTMENT_OF:
            if word in names:
                return name
    return "other"


def _words(title: str) -> frozenset[str]:
    return frozenset(_sequence(title))


def _sequence(title: str) -> list[str]:
    text = title.casefold().replace("ß", "ss").replace(".", "")
    for phrase, word in _PHRASES:
        text = phrase.sub(word, text)
    found = []
    for word in _WORD.findall(text):
        found.append(word)
        if word not in _PHRASE_WORDS:
            found.extend(part for part in word.split("-") if part != word)
    return found
