"""What the news says: headlines by subject and language, each with its tone."""

from typing import NamedTuple


class Headline(NamedTuple):
    """A headline with gaps for the place and details; `tone` as GDELT measures it, about -8 to 8."""

    text: str
    tone: float
    subject: str


ENGLISH = (
    Headline("{place} startups celebrate record funding after an excellent quarter", 5.1, "economy"),
    Headline("Strong growth lifts hopes for {place}'s economy", 4.2, "economy"),
    Headline("{place} retailers warn of weak demand and falling profits", -4.6, "economy"),
    Headline("Layoffs hit {place} as {company} announces painful cuts", -5.8, "economy"),
    Headline("{company} opens new office in {place}", 1.4, "economy"),
    Headline("Rents in {place} rise again, tenants angry", -3.4, "housing"),
    Headline("{place} approves {number} affordable homes in welcome step", 3.2, "housing"),
    Headline("Severe storm causes chaos and damage across {place}", -6.3, "weather"),
    Headline("Sunny weekend draws happy crowds to {place}'s parks", 4.4, "weather"),
    Headline("Heavy rain expected in {place} on {weekday}", -0.9, "weather"),
    Headline("Strike paralyses trains in {place}, commuters furious", -5.9, "transport"),
    Headline("{place} airport reports delays after system failure", -4.1, "transport"),
    Headline("New tram line in {place} wins praise from residents", 4.0, "transport"),
    Headline("{place} council debates budget for {number} projects", 0.1, "politics"),
    Headline("Protest in {place} turns violent, {number} injured", -7.4, "politics"),
    Headline("Mayor of {place} praised for successful reform", 3.6, "politics"),
    Headline("Cyberattack on {company} exposes customer data in {place}", -6.0, "technology"),
    Headline("{company} outage leaves thousands in {place} without payments", -5.2, "technology"),
    Headline("{place} researchers present promising battery breakthrough", 4.9, "technology"),
    Headline("{company} unveils new logistics software in {place}", 1.8, "technology"),
    Headline("Police in {place} investigate fatal crash", -6.8, "police"),
    Headline("{place} museum opens beautiful exhibition to great acclaim", 5.4, "culture"),
    Headline("Festival in {place} attracts {number} thousand visitors", 2.7, "culture"),
    Headline("{place} team wins thrilling final", 4.7, "sport"),
    Headline("Disappointing defeat for {place} at home", -3.1, "sport"),
)
GERMAN = (
    Headline("{place}: Wirtschaft wächst stärker als erwartet", 3.6, "economy"),
    Headline("Insolvenz von {company} erschüttert {place}", -5.3, "economy"),
    Headline("Mieten in {place} steigen weiter, Ärger bei den Mietern", -3.8, "housing"),
    Headline("Unwetter richtet schwere Schäden in {place} an", -6.1, "weather"),
    Headline("Sonniges Wochenende lockt viele Besucher nach {place}", 3.9, "weather"),
    Headline("Streik legt Bahnverkehr in {place} lahm", -5.0, "transport"),
    Headline("Neue Straßenbahn in {place} begeistert Anwohner", 4.3, "transport"),
    Headline("Stadtrat von {place} berät über {number} Projekte", 0.0, "politics"),
    Headline("Hackerangriff auf {company} in {place}", -5.6, "technology"),
    Headline("Forscher aus {place} feiern großen Erfolg", 4.8, "technology"),
    Headline("Polizei {place} ermittelt nach schwerem Unfall", -6.2, "police"),
    Headline("Museum in {place} eröffnet großartige Ausstellung", 4.6, "culture"),
)
COMPANIES = (
    "Northwind",
    "Contoso",
    "Fabrikam",
    "Umbrella Foods",
    "Stark Mobility",
    "Wayne Energy",
    "Hooli",
    "Pied Piper",
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ENGLISH_SITES = (
    "dailyobserver.example",
    "worldwire.example",
    "citypost.example",
    "newsledger.example",
    "herald.example",
)
GERMAN_SITES = ("tagesblick.example", "stadtanzeiger.example", "morgenblatt.example")
SYNDICATES = ("msn-mirror.example", "yahoo-mirror.example", "local-network.example")
SUBJECTS = frozenset(headline.subject for headline in ENGLISH)
# Country codes as GDELT counts them (FIPS), for the German-speaking press.
GERMAN_SPEAKING = frozenset({"Germany", "Austria", "Switzerland"})
