"""The GraphQL queries. Each fits GitHub's own schema; what they cost is the number of connections they may fill."""

ACTOR = """
fragment actor on Actor {
  __typename login
  ... on User { databaseId }
  ... on Bot { databaseId }
  ... on Mannequin { databaseId }
  ... on Organization { databaseId }
}
"""
CONNECTIONS = {
    "commits": """
  pageInfo { hasNextPage endCursor }
  nodes {
    commit {
      oid message authoredDate committedDate
      author { name email user { __typename login databaseId } }
      parents(first: 20) { nodes { oid } }
    }
  }
""",
    "reviews": """
  pageInfo { hasNextPage endCursor }
  nodes { fullDatabaseId state submittedAt url commit { oid } author { ...actor } }
""",
    "files": """
  pageInfo { hasNextPage endCursor }
  nodes { path changeType additions deletions }
""",
}
REPOSITORY = "databaseId nameWithOwner isFork owner { login }"
RATE_LIMIT = "rateLimit { cost remaining resetAt }"

PULL_REQUESTS = f"""
query PullRequests(
  $owner: String!, $name: String!, $first: Int!, $after: String, $commits: Int!, $reviews: Int!, $withFiles: Boolean!
) {{
  {RATE_LIMIT}
  repository(owner: $owner, name: $name) {{
    pullRequests(first: $first, after: $after, orderBy: {{field: UPDATED_AT, direction: DESC}}) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{
        fullDatabaseId number state title body isDraft url createdAt updatedAt closedAt mergedAt
        additions deletions changedFiles
        author {{ ...actor }}
        mergedBy {{ ...actor }}
        mergeCommit {{ oid }}
        potentialMergeCommit {{ oid }}
        headRefName headRefOid headRepositoryOwner {{ login }} headRepository {{ {REPOSITORY} }}
        baseRefName baseRefOid baseRepository {{ {REPOSITORY} }}
        labels(first: 100) {{ nodes {{ name color }} }}
        commits(first: $commits) {{ {CONNECTIONS["commits"]} }}
        reviews(first: $reviews) {{ {CONNECTIONS["reviews"]} }}
        files(first: 100) @include(if: $withFiles) {{ {CONNECTIONS["files"]} }}
      }}
    }}
  }}
}}
{ACTOR}"""


def more(connection: str) -> str:
    """The query for what follows in one connection of one pull request."""
    return f"""
query More($owner: String!, $name: String!, $number: Int!, $after: String!) {{
  {RATE_LIMIT}
  repository(owner: $owner, name: $name) {{
    pullRequest(number: $number) {{
      {connection}(first: 100, after: $after) {{ {CONNECTIONS[connection]} }}
    }}
  }}
}}
{ACTOR if connection == "reviews" else ""}"""
