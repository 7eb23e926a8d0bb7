"""Words: who works there, what their services are called, what they write into titles."""

NAMES = (
    "Ada Brandt", "Bela Novak", "Chen Wei", "Dara Singh", "Elif Kaya", "Femi Okafor", "Greta Lind", "Hugo Marin",
    "Ines Duarte", "Jonas Weber", "Kavya Rao", "Lena Fischer", "Mateo Cruz", "Nadia Haddad", "Omar Farouk",
    "Priya Nair", "Quentin Roy", "Rosa Moreno", "Sven Larsen", "Tomoko Abe", "Uma Patel", "Viktor Petrov",
    "Wanda Zielinska", "Xavier Blanc", "Yara Costa", "Zoe Martin", "Anton Keller", "Brigid Walsh", "Carlos Vega",
    "Dina Levi", "Emil Horvat", "Fatima Zahra", "Goran Ilic", "Hanna Berg", "Ivan Dimitrov", "Julia Santos",
)  # fmt: skip
BOTS = (
    ("dependabot[bot]", "dependabot[bot]"),
    ("github-actions[bot]", "github-actions[bot]"),
    ("codereview-helper[bot]", "codereview-helper[bot]"),
)
DEPENDENCY_BOT, DEPLOY_BOT, REVIEW_BOT = (login for login, _ in BOTS)
SERVICES = {
    "trunk": ("checkout", "catalog", "storefront"),
    "release": ("ledger", "invoicing", "portal"),
    "monorepo": ("payments", "accounts", "search"),
}
VERBS = ("Add", "Improve", "Simplify", "Rework", "Speed up", "Support", "Validate", "Extend", "Remove", "Cache")
THINGS = (
    "order summary", "address form", "price rounding", "session refresh", "currency switch", "export to CSV",
    "stock lookup", "retry of failed payments", "search ranking", "e-mail templates", "access checks",
    "pagination of results", "audit log", "discount codes", "tax calculation", "login page", "image upload",
    "refund flow", "customer notes", "invoice numbering", "rate limits", "feature flags", "health checks",
    "database indexes", "webhook delivery", "password reset", "shipping options", "dark mode", "report filters",
)  # fmt: skip
FAULTS = (
    "times out under load", "shows the wrong total", "loses the selected currency", "returns 500 for empty carts",
    "sends e-mails twice", "rejects valid cards", "is blank on slow connections", "double-counts refunds",
    "forgets the session", "shows stale stock", "cannot be opened on tablets", "drops the last page of results",
)  # fmt: skip
PACKAGES = ("requests", "lodash", "axios", "pydantic", "grpc-go", "react", "sqlalchemy", "vite", "jackson", "zod")
CONFIG = ("Tune connection pool size", "Rotate signing keys", "Update on-call list", "Fix typo in README")
OUTAGES = ("database failover", "certificate renewal", "cloud region outage", "payment provider outage", "DNS trouble")
REVIEW_WORDS = ("Looks good to me.", "Nice, thank you!", "", "Tested locally, works.", "👍")
REMARKS = ("Could this be null?", "Please add a test for the empty case.", "Why not `total_cents`?", "nit: typo")
