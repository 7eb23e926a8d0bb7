"""How customers say it: the same trouble in many words, and everyday questions."""

# What engineering calls a fault → how customers put it. {service} is their name for the product's part.
COMPLAINTS: dict[str, tuple[str, ...]] = {
    "times out under load": (
        "{service} keeps loading and never finishes",
        "Nothing happens when I open {service}, just a spinner",
        "Your {service} is terribly slow since this morning",
        "Request in {service} aborts after half a minute",
        "We wait forever for {service}",
    ),
    "shows the wrong total": (
        "The sum in {service} is wrong",
        "Amounts do not add up in {service}",
        "We were shown a different total than on the invoice ({service})",
        "{service} calculates incorrectly",
    ),
    "loses the selected currency": (
        "{service} jumps back to dollars",
        "Prices appear in the wrong currency in {service}",
        "I chose euros, {service} forgets it",
    ),
    "returns 500 for empty carts": (
        "Server error when I open an empty basket in {service}",
        "{service}: internal error 500",
        "Error page in {service} after removing the last item",
    ),
    "sends e-mails twice": (
        "Our customers get every mail two times from {service}",
        "Duplicate messages from {service}",
        "Why does {service} send the same confirmation twice?",
    ),
    "rejects valid cards": (
        "Card declined although it is fine ({service})",
        "Cannot pay, {service} says my card is invalid",
        "Payments fail in {service} since today",
        "None of our cards is accepted by {service}",
    ),
    "is blank on slow connections": (
        "White page in {service} on mobile",
        "{service} stays empty on our field tablets",
        "I only see a blank screen in {service}",
    ),
    "double-counts refunds": (
        "Refund booked two times in {service}",
        "{service} shows each refund twice",
        "Our balance is off, refunds counted double in {service}",
    ),
    "forgets the session": (
        "I am logged out of {service} all the time",
        "{service} asks for my password again and again",
        "Session expires within a minute in {service}",
    ),
    "shows stale stock": (
        "Stock in {service} is from yesterday",
        "{service} sells items that are gone",
        "Availability does not update in {service}",
    ),
    "cannot be opened on tablets": (
        "{service} does not start on our iPads",
        "Tablet users cannot get into {service}",
        "Nothing opens on the tablet ({service})",
    ),
    "drops the last page of results": (
        "Entries are missing at the end of the list in {service}",
        "{service} does not show all results",
        "The last results of {service} have vanished",
    ),
}
OUTAGE = (
    "{service} is down",
    "Cannot reach {service} at all",
    "Is there an outage? {service} does not respond",
    "{service} not available for our whole team",
    "Everything in {service} fails right now",
    "Connection error in {service}",
)
QUESTIONS = (
    "How do I add a colleague to {service}?",
    "Please change the billing address of our account",
    "Can {service} export to Excel?",
    "Invoice {number} is missing",
    "Feature request: filters in {service}",
    "Where can I see the usage of {service}?",
    "Question about our contract {number}",
    "Please reset two-factor sign-in for one user",
    "{service} training for new staff",
    "Wrong company name on invoice {number}",
)
BUG_REPORTS = (
    "{service} shows an old address",
    "Sorting in {service} does not work",
    "Typo in the confirmation of {service}",
    "Umlauts are broken in {service} – \u201eM\u00fcller\u201c becomes M?ller",
    "Date in {service} is one day off",
)
CONTENTS = (
    "Hello, {subject}. This blocks {count} of our people. Please help soon!",
    "{subject}. We tried another browser, no difference. Very annoying.",
    "Hi team, {subject}. Since about an hour. Thanks for looking into it.",
    "{subject}\n\nKind regards",
    "This is the second time this month: {subject}. We are not happy.",
    "Thank you for the great product. One thing: {subject}.",
)
COMPANIES = (
    "Adler Logistik", "Blue Harbor", "Cedar Clinics", "Delta Foods", "Elbe Druck", "Fjord Travel", "Granite Bank",
    "Helios Solar", "Iris Optics", "Juniper Hotels", "Kite Schools", "Lumen Retail", "Maple Parts", "Nova Pharma",
    "Orchid Beauty", "Pine Furniture", "Quarry Stone", "River Insurance", "Summit Sports", "Tulip Flowers",
    "Umber Paints", "Vela Shipping", "Willow Care", "Xenon Lights", "Yarrow Teas", "Zephyr Air", "Amber Books",
    "Birch Legal", "Coral Diving", "Dune Events",
)  # fmt: skip
INDUSTRIES = (
    "TRANSPORTATION",
    "RETAIL",
    "HOSPITAL_HEALTH_CARE",
    "FOOD_PRODUCTION",
    "PRINTING",
    "BANKING",
    "HOSPITALITY",
)
FIRST_NAMES = (
    "Alma",
    "Ben",
    "Clara",
    "Dev",
    "Eva",
    "Finn",
    "Gina",
    "Hari",
    "Ida",
    "Jack",
    "Kim",
    "Luis",
    "Mia",
    "Noor",
)
LAST_NAMES = ("Adams", "Bauer", "Costa", "Dietz", "Evans", "Fuchs", "Gupta", "Hahn", "Iyer", "Jansen", "Klein", "Lopez")
