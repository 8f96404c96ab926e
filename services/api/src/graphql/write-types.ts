/** What can be changed. Inputs are checked by the zod schemas that REST has: here they only have their names and shapes. */
export const writeTypes = /* GraphQL */ `
  type Mutation {
    createProject(organisationId: ID!, input: NewProject!): Project
    updateProject(organisationId: ID!, id: ID!, version: Int!, input: ProjectChanges!): Project
    createTask(organisationId: ID!, projectId: ID!, input: NewTask!): Task
    updateTask(organisationId: ID!, id: ID!, version: Int!, input: TaskChanges!): Task
    "The id of what was deleted."
    deleteTask(organisationId: ID!, id: ID!, version: Int!): ID
    createComment(organisationId: ID!, taskId: ID!, input: CommentInput!): Comment
    updateComment(organisationId: ID!, taskId: ID!, id: ID!, version: Int!, input: CommentInput!): Comment
    deleteComment(organisationId: ID!, taskId: ID!, id: ID!, version: Int!): ID
    createAttachment(organisationId: ID!, taskId: ID!, input: NewAttachment!): AttachmentToUpload
    completeAttachment(organisationId: ID!, taskId: ID!, id: ID!): Attachment
    deleteAttachment(organisationId: ID!, taskId: ID!, id: ID!): ID
  }

  type AttachmentToUpload {
    attachment: Attachment!
    upload: Upload!
  }

  input NewProject {
    key: String!
    name: String!
    description: String
  }

  input ProjectChanges {
    key: String
    name: String
    description: String
    archived: Boolean
  }

  input NewTask {
    title: String!
    description: String
    status: TaskStatus
    priority: Int
    assigneeId: ID
    dueOn: Date
    estimate: Float
  }

  input TaskChanges {
    title: String
    description: String
    status: TaskStatus
    priority: Int
    assigneeId: ID
    dueOn: Date
    estimate: Float
  }

  input CommentInput {
    body: String!
  }

  input NewAttachment {
    name: String!
    contentType: String!
    size: Float!
  }
`;
