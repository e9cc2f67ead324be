"""What the made-up people and companies are called, and how tools misspell it. Tables and spelling only."""

from random import Random

# Given name, and what friends say.
GIVEN = {
    "Alexander": "Alex", "Andreas": "Andi", "Anna": "Anni", "Barbara": "Babsi", "Benjamin": "Ben",
    "Bernhard": "Berni", "Christian": "Chris", "Christina": "Tina", "Daniel": "Dani", "Dominik": "Domi",
    "Elisabeth": "Lisa", "Emilia": "Emmi", "Florian": "Flo", "Franziska": "Franzi", "Friederike": "Rike",
    "Gabriele": "Gabi", "Günther": "Günni", "Hannah": "Hanni", "Ilse": "Ilsi", "Jakob": "Jack",
    "Johannes": "Hannes", "Jörg": "Jogi", "Josephine": "Josi", "Jürgen": "Jürg", "Karoline": "Karo",
    "Katharina": "Kathi", "Klaus": "Klausi", "Konstantin": "Kosta", "Leonhard": "Leo", "Lukas": "Luke",
    "Magdalena": "Lena", "Margarete": "Grete", "Matthias": "Matze", "Maximilian": "Max", "Michael": "Michi",
    "Nikolaus": "Niko", "Oliver": "Olli", "Patrick": "Paddy", "Peter": "Pit", "Rebekka": "Bekki",
    "Reinhard": "Reini", "Rosemarie": "Rosi", "Sabine": "Bine", "Sebastian": "Basti", "Sigrid": "Siggi",
    "Stefanie": "Steffi", "Susanne": "Susi", "Sören": "Sö", "Theodor": "Theo", "Thomas": "Tom",
    "Tobias": "Tobi", "Ulrike": "Uli", "Ursula": "Uschi", "Valentina": "Vali", "Veronika": "Vroni",
    "Viktoria": "Vicky", "Walter": "Wally", "Wilhelm": "Willi", "Wolfgang": "Wolfi", "Zoë": "Zo",
}  # fmt: skip

FAMILY = (
    "Adler Albrecht Arnold Bachmann Bauer Baumann Becker Beck Berger Böhm Brandt Braun Busch Böttcher Dietrich "
    "Engel Ernst Fischer Förster Frank Franke Friedrich Fuchs Götz Graf Groß Günther Haas Hahn Hartmann Heinrich "
    "Herrmann Hofmann Horn Huber Jäger Jansen Jung Kaiser Keller Kern Klein Koch Köhler König Krämer Kraus Krause "
    "Krüger Kuhn Kühn Lang Lange Lehmann Lindner Lorenz Ludwig Maier Martin Mayer Meier Meyer Möller Müller Nagel "
    "Neumann Otto Peters Pfeiffer Pohl Richter Riedel Roth Sauer Schäfer Scherer Schmid Schmidt Schmitt Schneider "
    "Scholz Schreiber Schröder Schubert Schulte Schulz Schumacher Schuster Schwarz Seidel Simon Sommer Stein "
    "Thomas Vogel Vogt Voigt Wagner Walter Weber Weiß Werner Winkler Winter Wolf Wolff Ziegler Zimmermann"
).split()

COMPANIES = (
    "Nordwind Logistik|Alpenglanz Brauerei|Mühlbach Papier|Sternberg Optik|Rheingold Chemie|Tannhof Möbel|"
    "Küstenlicht Energie|Silbersee Kliniken|Bergfried Versicherung|Eichenhain Verlag|Weißdorn Pharma|"
    "Löwentor Immobilien|Falkenstein Maschinenbau|Grünfeld Saatgut|Hafenkante Reederei|Isarblick Medien|"
    "Jadebusen Werft|Kirschgarten Feinkost|Lindenau Textil|Moorbad Wellness|Neckartal Automation|"
    "Oderbruch Agrar|Pappelhof Reisen|Quellgrund Getränke|Rosenthal Keramik|Schwarzwald Uhren|Taubertal Wein|"
    "Uferstadt Architekten|Vogelsang Akustik|Waldkirch Orgelbau|Zugspitz Outdoor|Amselweg Kindergärten|"
    "Birkenfeld Stahl|Donaubogen Bau"
).split("|")

FORMS = ("GmbH", "AG", "GmbH & Co. KG", "KG", "UG (haftungsbeschränkt)", "SE", "e.K.")

TITLES = (
    "Geschäftsführung",
    "Einkauf",
    "Buchhaltung",
    "Entwicklung",
    "Vertrieb",
    "Projektleitung",
    "Support",
)

_LATIN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ë": "e"}
)


def transliterated(text: str) -> str:
    """Return ``text`` as it is typed without umlauts: Müller becomes Mueller."""
    return text.translate(_LATIN)


def mailbox(*words: str) -> str:
    """Return the local part of an e-mail address that is made of ``words``."""
    return ".".join(transliterated(word).lower() for word in words)


def respelt(random: Random, given: str, family: str) -> tuple[str, str]:
    """Return a name as the next tool may have it: most often as it is."""
    spellings = [
        (given, family),
        (transliterated(given), transliterated(family)),
        (GIVEN.get(given, given), family),
        (f"{given[0]}.", family),
        (given.upper(), family.upper()),
        (f"Dr. {given}", family),
    ]
    return random.choices(spellings, weights=[12, 3, 3, 1, 1, 1])[0]


def five_formats(number: str) -> list[str]:
    """Return a German number, given in E.164 without its sign (``49301234567``), as five people would write it."""
    split = 5 if number.startswith("4915") else 4
    area, rest = number[2:split], number[split:]
    return [
        f"+49 {area} {rest}",
        f"0{area}/{rest[:3]} {rest[3:]}",
        f"(0{area}) {rest[:4]}-{rest[4:]}",
        f"0049{area}{rest}",
        f"+49 (0){area} {rest[:2]} {rest[2:]}",
    ]
