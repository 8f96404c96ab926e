/** What can be read. A field is null where nothing is there, or where an error says why it was not answered. */
export const readTypes = /* GraphQL */ `
  "A moment, ISO 8601 in UTC."
  scalar DateTime
  "A day, YYYY-MM-DD."
  scalar Date
  "Any JSON value."
  scalar JSON

  enum TaskStatus {
    todo
    in_progress
    done
    cancelled
  }

  enum AttachmentState {
    "Announced; its content was not checked yet."
    pending
    checked
    rejected
  }

  type Query {
    "Who asks."
    me: Me!
    organisation(id: ID!): Organisation
  }

  type Me {
    id: ID!
    "Those the caller is a member of."
    organisations: [Organisation!]!
  }

  type Organisation {
    id: ID!
    name: String
    slug: String
    createdAt: DateTime
    "What the caller may do in it."
    permissions: [String!]!
    project(id: ID!): Project
    "Newest first."
    projects(first: Int! = 20, after: String, archived: Boolean! = false): ProjectConnection
    task(id: ID!): Task
    "Newest first, or as \`filter\` says."
    tasks(first: Int! = 20, after: String, filter: TaskFilter): TaskConnection
    "Latest first."
    activity(first: Int! = 20, after: String): ActivityConnection
    forecast: Forecast
  }

  "As the query parameters of the REST route."
  input TaskFilter {
    projectId: ID
    status: [TaskStatus!]
    "A member's id, or \`none\`."
    assigneeId: String
    priority: Int
    dueBefore: Date
    dueAfter: Date
    updatedSince: DateTime
    "Words to search for."
    q: String
    sort: String
  }

  type Project {
    id: ID!
    key: String!
    name: String!
    "Sanitised HTML."
    description: String!
    archivedAt: DateTime
    "Give it back with a change: only what was seen is changed."
    version: Int!
    createdBy: Person!
    createdAt: DateTime!
    updatedAt: DateTime!
    tasks(first: Int! = 20, after: String): TaskConnection
    activity(first: Int! = 20, after: String): ActivityConnection
  }

  type Task {
    id: ID!
    number: Int!
    title: String!
    "Sanitised HTML."
    description: String!
    status: TaskStatus!
    "0 is the least, 3 the most."
    priority: Int!
    assignee: Person
    dueOn: Date
    estimate: Float
    completedAt: DateTime
    version: Int!
    createdBy: Person!
    createdAt: DateTime!
    updatedAt: DateTime!
    project: Project
    "Oldest first."
    comments(first: Int! = 20, after: String): CommentConnection
    attachments: [Attachment!]
    activity(first: Int! = 20, after: String): ActivityConnection
  }

  type Comment {
    id: ID!
    "Sanitised HTML."
    body: String!
    author: Person!
    version: Int!
    createdAt: DateTime!
    updatedAt: DateTime!
  }

  type Attachment {
    id: ID!
    name: String!
    contentType: String!
    "Bytes."
    size: Float!
    "Hexadecimal, of what was checked."
    sha256: String
    state: AttachmentState!
    "What was not as announced, of a rejected one."
    reason: String
    uploadedBy: Person!
    createdAt: DateTime!
    "Where its content is, below the API's address; null until it is checked."
    contentPath: String
  }

  "Where and how to send an attachment's content."
  type Upload {
    url: String!
    method: String!
    headers: JSON!
    expiresAt: DateTime!
  }

  type Activity {
    id: ID!
    type: String!
    actor: Person
    "Null for what is no more."
    task: Task
    changes: JSON!
    occurredAt: DateTime!
  }

  type Forecast {
    status: String!
    computedAt: DateTime
    models: [ForecastModel!]!
    weeks: [ForecastWeek!]!
  }

  type ForecastModel {
    kind: String!
    state: String!
    model: String
    "Mean absolute error on weeks it had not seen, tasks a week."
    mae: Float
    naiveMae: Float
    heldOutWeeks: Int
    trainedAt: DateTime
  }

  type ForecastWeek {
    kind: String!
    "Its Monday."
    week: Date!
    value: Float!
    naiveValue: Float!
    "Neither weekends nor public holidays; null where holidays are not known."
    workingDays: Int
  }

  type Person {
    id: ID!
    "Null for who is no member, or where the caller may not see members."
    name: String
  }

  type PageInfo {
    hasNextPage: Boolean!
    hasPreviousPage: Boolean!
    startCursor: String
    endCursor: String
  }
  ${["Project", "Task", "Comment", "Activity"].map(connection).join("")}
`;

/** The types by which lists come in pages. https://relay.dev/graphql/connections.htm */
function connection(name: string): string {
  return `
  type ${name}Connection {
    edges: [${name}Edge!]!
    nodes: [${name}!]!
    pageInfo: PageInfo!
  }

  type ${name}Edge {
    cursor: String!
    node: ${name}!
  }
`;
}
