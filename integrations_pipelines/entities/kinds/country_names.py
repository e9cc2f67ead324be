"""Countries: ISO 3166-1 codes and names. Data only.

Sources: ISO 3166-1 for the codes (XK as CLDR has it); the names from CLDR, by way of the locale data
of ``phonenumbers``: English, the country's own languages, and common other forms.
"""

COUNTRY_NAMES = """
AD AND Andorra
AE ARE United Arab Emirates|UAE|الإمارات|Vereinigte Arabische Emirate|Emirats Arabes Unis
AF AFG Afghanistan
AG ATG Antigua and Barbuda
AI AIA Anguilla
AL ALB Albania
AM ARM Armenia
AO AGO Angola
AQ ATA Antarctica
AR ARG Argentina
AS ASM American Samoa
AT AUT Austria|Österreich|Autriche
AU AUS Australia
AW ABW Aruba
AX ALA Åland Islands
AZ AZE Azerbaijan
BA BIH Bosnia and Herzegovina|Bosnia
BB BRB Barbados
BD BGD Bangladesh
BE BEL Belgium|België|Belgique|Belgien|Bélgica|Belgio
BF BFA Burkina Faso
BG BGR Bulgaria|България|Bulgarien|Bulgarie
BH BHR Bahrain
BI BDI Burundi
BJ BEN Benin
BL BLM Saint Barthélemy
BM BMU Bermuda
BN BRN Brunei|Brunei Darussalam
BO BOL Bolivia
BQ BES Bonaire, Sint Eustatius and Saba
BR BRA Brazil|Brasil|Brasilien|Brésil|Brasile
BS BHS Bahamas
BT BTN Bhutan
BV BVT Bouvet Island
BW BWA Botswana
BY BLR Belarus
BZ BLZ Belize
CA CAN Canada
CC CCK Cocos Islands
CD COD The Democratic Republic Of Congo|DR Congo|Democratic Republic of the Congo
CF CAF Central African Republic
CG COG Congo|Republic of the Congo
CH CHE Switzerland|Schweiz|Suisse|Svizzera|Suiza
CI CIV Côte d'Ivoire|Ivory Coast|Cote d'Ivoire
CK COK Cook Islands
CL CHL Chile
CM CMR Cameroon
CN CHN China|PRC|中国|Chine|Cina
CO COL Colombia
CR CRI Costa Rica
CU CUB Cuba
CV CPV Cape Verde|Cabo Verde
CW CUW Curaçao
CX CXR Christmas Island
CY CYP Cyprus
CZ CZE Czech Republic|Czechia|Česká republika|Tschechische Republik|République Tchèque|Chequia|Repubblica Ceca
DE DEU Germany|Deutschland|Allemagne|Alemania|Germania
DJ DJI Djibouti
DK DNK Denmark|Danmark|Dänemark|Danemark|Dinamarca|Danimarca
DM DMA Dominica
DO DOM Dominican Republic
DZ DZA Algeria
EC ECU Ecuador
EE EST Estonia|Eesti|Estland|Estonie
EG EGY Egypt|مصر|Ägypten|Egypte|Egipto|Egitto
EH ESH Western Sahara
ER ERI Eritrea
ES ESP Spain|España|Spanien|Espagne|Spagna
ET ETH Ethiopia
FI FIN Finland|Suomi|Finnland|Finlande|Finlandia
FJ FJI Fiji
FK FLK Falkland Islands
FM FSM Micronesia
FO FRO Faroe Islands
FR FRA France|Frankreich|Francia
GA GAB Gabon
GB GBR United Kingdom|UK|U.K.|Great Britain|England|Scotland|Wales|Northern Ireland|Britain
GD GRD Grenada
GE GEO Georgia
GF GUF French Guiana
GG GGY Guernsey
GH GHA Ghana
GI GIB Gibraltar
GL GRL Greenland
GM GMB Gambia
GN GIN Guinea
GP GLP Guadeloupe
GQ GNQ Equatorial Guinea
GR GRC Greece|Ελλάδα|Griechenland|Grèce|Grecia
GS SGS South Georgia And The South Sandwich Islands
GT GTM Guatemala
GU GUM Guam
GW GNB Guinea-Bissau
GY GUY Guyana
HK HKG Hong Kong
HM HMD Heard Island And McDonald Islands
HN HND Honduras
HR HRV Croatia|Hrvatska|Kroatien|Croatie|Croacia|Croazia
HT HTI Haiti
HU HUN Hungary|Magyarország|Ungarn|Hongrie|Hungría|Ungheria
ID IDN Indonesia
IE IRL Ireland
IL ISR Israel|ישראל|Israël|Israele
IM IMN Isle Of Man
IN IND India|भारत|Indien|Inde
IO IOT British Indian Ocean Territory
IQ IRQ Iraq
IR IRN Iran
IS ISL Iceland|Ísland|Island|Islande|Islandia|Islanda
IT ITA Italy|Italia|Italien|Italie
JE JEY Jersey
JM JAM Jamaica
JO JOR Jordan
JP JPN Japan|日本|Japon|Japón|Giappone
KE KEN Kenya
KG KGZ Kyrgyzstan
KH KHM Cambodia
KI KIR Kiribati
KM COM Comoros
KN KNA Saint Kitts And Nevis
KP PRK North Korea
KR KOR South Korea|Republic of Korea|Korea|대한민국|Südkorea|Corée du Sud|Corea del Sur|Corea del Sud
KW KWT Kuwait
KY CYM Cayman Islands
KZ KAZ Kazakhstan
LA LAO Laos|Lao People's Democratic Republic
LB LBN Lebanon
LC LCA Saint Lucia
LI LIE Liechtenstein
LK LKA Sri Lanka
LR LBR Liberia
LS LSO Lesotho
LT LTU Lithuania|Lietuva|Litauen|Lithuanie|Lituania
LU LUX Luxembourg
LV LVA Latvia|Latvija|Lettland|Lettonie|Letonia|Lettonia
LY LBY Libya
MA MAR Morocco|المغرب|Maroc|Marokko|Marruecos|Marocco
MC MCO Monaco
MD MDA Moldova
ME MNE Montenegro
MF MAF Saint Martin
MG MDG Madagascar
MH MHL Marshall Islands
MK MKD Macedonia|North Macedonia
ML MLI Mali
MM MMR Myanmar|Burma
MN MNG Mongolia
MO MAC Macao|Macau
MP MNP Northern Mariana Islands
MQ MTQ Martinique
MR MRT Mauritania
MS MSR Montserrat
MT MLT Malta
MU MUS Mauritius
MV MDV Maldives
MW MWI Malawi
MX MEX Mexico|México|Mexiko|Mexique|Messico
MY MYS Malaysia
MZ MOZ Mozambique
NA NAM Namibia
NC NCL New Caledonia
NE NER Niger
NF NFK Norfolk Island
NG NGA Nigeria
NI NIC Nicaragua
NL NLD Netherlands|Holland|The Netherlands|Nederland|Niederlande|Pays-Bas|Holanda|Paesi Bassi
NO NOR Norway|Norge|Norwegen|Norvège|Noruega|Norvegia
NP NPL Nepal
NR NRU Nauru
NU NIU Niue
NZ NZL New Zealand
OM OMN Oman
PA PAN Panama
PE PER Peru
PF PYF French Polynesia
PG PNG Papua New Guinea
PH PHL Philippines
PK PAK Pakistan
PL POL Poland|Polska|Polen|Pologne|Polonia
PM SPM Saint Pierre And Miquelon
PN PCN Pitcairn
PR PRI Puerto Rico
PS PSE Palestine
PT PRT Portugal|Portogallo
PW PLW Palau
PY PRY Paraguay
QA QAT Qatar
RE REU Reunion|Réunion
RO ROU Romania|România|Rumänien|Roumanie|Rumania
RS SRB Serbia|Serbien|Serbie
RU RUS Russia|Russian Federation|Россия|Russland|Russie|Rusia
RW RWA Rwanda
SA SAU Saudi Arabia|السعودية|Saudi-Arabien|Arabie Saoudite|Arabia Saudita
SB SLB Solomon Islands
SC SYC Seychelles
SD SDN Sudan
SE SWE Sweden|Sverige|Schweden|Suède|Suecia|Svezia
SG SGP Singapore
SH SHN Saint Helena
SI SVN Slovenia|Slovenija|Slowenien|Slovénie|Eslovenia
SJ SJM Svalbard And Jan Mayen
SK SVK Slovakia|Slovenská republika|Slowakei|Slovaquie|Eslovaquia|Slovacchia
SL SLE Sierra Leone
SM SMR San Marino
SN SEN Senegal
SO SOM Somalia
SR SUR Suriname
SS SSD South Sudan
ST STP Sao Tome And Principe
SV SLV El Salvador
SX SXM Sint Maarten (Dutch part)
SY SYR Syria|Syrian Arab Republic
SZ SWZ Swaziland|Eswatini
TC TCA Turks And Caicos Islands
TD TCD Chad
TF ATF French Southern Territories
TG TGO Togo
TH THA Thailand|ประเทศไทย|Thaïlande|Tailandia|Thailandia
TJ TJK Tajikistan
TK TKL Tokelau
TL TLS Timor-Leste|East Timor
TM TKM Turkmenistan
TN TUN Tunisia
TO TON Tonga
TR TUR Turkey|Türkiye|Türkei|Turquie|Turquía|Turchia
TT TTO Trinidad and Tobago
TV TUV Tuvalu
TW TWN Taiwan|台湾地区|Taiwán
TZ TZA Tanzania
UA UKR Ukraine|Україна|Ucrania|Ucraina
UG UGA Uganda
UM UMI United States Minor Outlying Islands
US USA United States|USA|U.S.|U.S.A.|America|United States of America
UY URY Uruguay
UZ UZB Uzbekistan
VA VAT Vatican
VC VCT Saint Vincent And The Grenadines
VE VEN Venezuela
VG VGB British Virgin Islands
VI VIR U.S. Virgin Islands
VN VNM Vietnam|Viet Nam|Việt Nam
VU VUT Vanuatu
WF WLF Wallis And Futuna
WS WSM Samoa
XK XKX Kosovo
YE YEM Yemen
YT MYT Mayotte
ZA ZAF South Africa
ZM ZMB Zambia
ZW ZWE Zimbabwe
"""

# ISO 3166-1 alpha-2.
COUNTRY_CODES = tuple(line[:2] for line in COUNTRY_NAMES.strip().splitlines())
