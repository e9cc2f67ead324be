"""Column headings as files have them, and what they mean. Tables only.

A heading is read as words: ``raw_inventor_name_first`` and ``FirstName`` alike. Words of other languages become English
ones, then the first pattern that fits the words, joined by _, says the attribute.
"""

# ruff: noqa: E501 - tables of patterns read better one a line

from collections.abc import Mapping

# Attributes that files have and presets do not, with their kinds.
EXTRA_KINDS: Mapping[str, str] = {
    "middle_name": "person_name", "name_suffix": "person_name", "other_names": "person_name",
    "house_number": "address", "address": "address", "address_line_2": "affiliation", "gender": "category",
    "birth_place": "affiliation",
    "company_name": "affiliation", "organization_name": "organization_name", "other_organization_names": "organization_name",
    "title": "title", "authors": "people", "venue": "category", "year": "year", "model": "identifier",
    "manufacturer": "affiliation", "brand": "affiliation", "job_title": "affiliation", "website": "domain", "url": "ignored",
    "collection": "affiliation", "birth_year": "number", "birth_month": "number", "birth_day": "number",
}  # fmt: skip
IGNORED = "ignored"
# An identifier of the column's own: numbers of two registers never agree or contradict.
OWN = "own identifier"

# Words of headings in other languages, and words that are run together. A value may be several words.
ENGLISH: Mapping[str, str] = {
    word: english
    for english, words in {
        "first_name": "firstname fname forename vorname rufname prenom voornaam givenname gname nome_proprio primer_nombre förnamn fornavn imie",
        "last_name": "lastname lname surname nachname familienname zuname apellido apellidos cognome achternaam familyname sobrenome efternamn etternavn nazwisko",
        "middle_name": "middlename mname midname midl zweitname",
        "full_name": "fullname naam namn navn nombre nome voornaam_achternaam",
        "birth_date": "birthdate birthday dob geburtsdatum geburtstag geboortedatum naissance nascimento nascita nacimiento geb fodselsdato bday",
        "birth_place": "birthplace geburtsort",
        "street": "strasse straße str calle straat rua gata gate streetname",
        "address": "anschrift adresse adres direccion direccioni indirizzo endereco location addr",
        "house_number": "hausnummer hausnr huisnummer houseno housenr housenum streetno streetnum",
        "postcode": "plz postleitzahl zipcode postalcode postcode codigopostal codepostal cp cap pcode zip5 zip",
        "city": "stadt ort wohnort ville ciudad citta cidade plaats woonplaats gemeinde commune municipio localidad place town suburb stad",
        "state": "region bundesland provincia provincie kanton departement",
        "country": "land pays pais paese",
        "phone": "telefon telephone telefono telefone telefoon tel mobil handy mobile cell cellphone phonenumber contactnumber movil celular portable festnetz gsm",
        "email": "mail emailaddress correo courriel emailadresse",
        "company": "firma unternehmen societe entreprise empresa azienda bedrijf organisation organization organisatie org employer arbeitgeber assignee affiliation",
        "name": "bezeichnung nom",
        "gender": "geschlecht sexe sexo sesso geslacht sex",
        "title": "titel titre titulo titolo",
        "authors": "author autor autoren auteur auteurs autore autori autores writer writers artist artists creator creators composer",
        "venue": "journal zeitschrift revue revista conference proceedings booktitle",
        "year": "jahr annee ano anno jaar publicationyear pubyear yr",
        "price": "preis prix precio prezzo prijs cost listprice msrp",
        "manufacturer": "hersteller fabricant fabricante produttore fabrikant maker mfr mfg brewery",
        "brand": "marke marque marca merk label_brand",
        "description": "beschreibung descripcion descrizione beschrijving desc descr",
        "category": "kategorie categorie categoria rubrik genre",
        "website": "webseite webpage homepage site_web www",
        "model": "modell modele modelo modelno",
        "user_name": "username login benutzername handle",
        "job_title": "jobtitle beruf profession occupation",
    }.items()
    for word in words.split()
}  # fmt: skip

# By the column's words; the first that fits. Written from the headings of CRM and help-desk exports.
# A tax_id is an identifier before it is somebody's key.
IDENTIFIERS = (
    (r".*(ssn|soc_?sec|social_?security|national_?insurance|nino|nhs|passport|licen[cs]e|tax_?id|national_?id|(^|_)vat).*(country|state|type|issuer)", IGNORED),
    (r"(.*_)?(ssn|soc_?sec|social_?security|national_?insurance|nino|nhs)(_.*)?", OWN),
    (r".*passport.*|.*driver.*licen[cs]e.*|(.*_)?(national_?id|tax_?(id|no|num|number)|vat|lei|duns|ein|registration_?(no|num|number)|provider_?id|member_?id|npi|steuernummer|ust_?id|siren|siret|orcid|doi)(_.*)?", OWN),
)  # fmt: skip
SHARED_HEADINGS = (
    (r"(true|truth|unique|rec|record|row|cluster|gold|golden|ground_truth|match|entity|identity|source|data_?source|data_?set|group|block)(_?(id|key|no|nr|type|truth|label|cluster|group|number))*", IGNORED),
    (r"(.*_)?(id|ids|uuid|guid|oid|index|idx|key|pk)|(.*_)?(person|customer|client|entity|class)_(no|nr|num|number|label|type|cluster)|nr|no|num|rank|seq(uence)?|column_.*", IGNORED),
    (r".*(relation|rel_|pointer|anchor|duplicate|dupe|cluster|matched).*", IGNORED),
    (r".*(_type|_kind|_country_code)$|type|kind|.*status.*|.*(created|updated|modified|joined|(^|_)valid|inserted|last_seen|timestamp).*", IGNORED),
)  # fmt: skip
CONTACTS = (
    (r"(.*_)?e_?mail(_.*)?", "email"),
    (r".*(^|_)fax.*", IGNORED),
    (r".*(phone).*", "phone"),
    (r".*(birth_?place|place_?of_?birth|birth_?city|city_?of_?birth).*", "birth_place"),
    (r"(.*_)?(birth(_date)?_(year|y)|(year|yr)_of_birth|yob)", "birth_year"),
    (r"(.*_)?(birth(_date)?_(month|m)|month_of_birth)", "birth_month"),
    (r"(.*_)?(birth(_date)?_(day|d)|day_of_birth)", "birth_day"),
    (r".*(birth|(^|_)born).*", "birth_date"),
    (r"(.*_)?(gender)$", "gender"),
    (r"(.*_)?(post_?code|zip|postal)(_.*)?", "postcode"),
    (r".*(street|house)_?(no|num|nr|number).*|.*house_number", "house_number"),
    (r".*(addr(ess)?|street)_?(line)?_?[234b]$", "address_line_2"),
    (r".*(full_?addr|addr(ess)?_?full).*", "address"),
    (r".*(street|address(_?line)?_?[1a]?|address.*)$", "street"),
    (r"(.*_)?(city|locality|municipality)(_(name|description))?$", "city"),
    (r"(.*_)?(state|province|county)(_(name|code|cd))?$", "state"),
    (r"(.*_)?country(_(name|code))?$", "country"),
    (r".*(web_?site|domain|url)$", "website"),
    (r"(.*_)?user_name$", "username"),
)  # fmt: skip
HEADINGS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "person": (
        (r"(vor|nach|for|voor)_(und|og|en)_.*name|.*name_(et|y|e|i|og|und|en)_(first|given|sur|last|family).*", "name"),
        (r".*(first|given).*(sur|last|family).*|.*(sur|last|family).*_(first|given).*", "name"),
        (r".*(first|given|fore)_?name(_[a-z]?_?\d)?|.*name_?(first|given)|first|given", "given_name"),
        (r".*(last|family|sur)_?name(_[a-z]?_?\d)?|.*name_?(last|family)|last|family", "family_name"),
        (r".*(middle_?(name|initial)|name_?middle)|middle|mi", "middle_name"),
        (r".*(suffix|generation)$", "name_suffix"),
        (r".*(native|alias|aka|maiden|other|secondary|former|nick).*name.*(?<!org)$|alias|aka|nickname", "other_names"),
        (r".*name_?(org|company)$|.*(org(ani[sz]ation)?)_?name$", "organization_name"),
        (r"((full|contact|customer|person|display|member|primary|raw|author|inventor|patient|voter|client)_)?name(_full)?", "name"),
        (r".*(company|account)(_?name)?$", "company_name"),
        (r"(.*_)?(job_title|position|role)$", "job_title"),
        (r"(.*_)?(title|salutation|anrede|honorific|prefix)$", IGNORED),
    ),
    "organization": (
        (r".*(native|alias|aka|other|secondary|former|trading|dba|legal).*name.*", "other_organization_names"),
        (r"(.*_)?(company|business|school|institution|firm|vendor|supplier|site|account)(_(name|title|full))*|(.*_)?(name|title)(_(company|org|full))?", "name"),
    ),
    "product": (
        (r"(.*_)?(album|collection|series|release_?name)(_(name|title))?$", "collection"),
        (r"(.*_)?(title|product_?name|item_?name)$|product|item|(song|track|beer|product|item|movie|book|paper|article|full)_?(name|title)", "name"),
        (r"(.*_)?(description|details|features?|abstract|summary)$", "description"),
        (r"(.*_)?(manufacturer|brand|vendor|factory|company)(_name)?$", "brand"),
        (r"(.*_)?(price|amount)$", "price"),
        (r".*(sku|upc|(^|_)ean(_|$)|gtin|isbn|barcode|mpn|asin)$|(.*_)?(model|part)(_?(no|nr|num|number))?$", "model"),
        (r"(.*_)?(category|style)(_name)?$", "category"),
    ),
}  # fmt: skip
# Which headings a type without its own reads by.
READS_AS: Mapping[str, str] = {"user_account": "person"}
# One letter each tells nothing, all three together do.
TOGETHER: Mapping[frozenset[str], Mapping[str, str]] = {
    frozenset(("by", "bm", "bd")): {"by": "birth_year", "bm": "birth_month", "bd": "birth_day"},
    frozenset(("year", "month", "day")): {"year": "birth_year", "month": "birth_month", "day": "birth_day"},
}
ANY_HEADINGS = (
    (r"(.*_)?(authors|contributors?)(_(name|names|list))?$", "authors"),
    (r"(.*_)?(venue|publisher)(_name)?$", "venue"),
    (r"(.*_)?(year|published|released)$", "year"),
    (r"(.*_)?title$", "name"),
    (r"(.*_)?name$", "name"),
    (r"(.*_)?(description|abstract|summary)$", "description"),
)
