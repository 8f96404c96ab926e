import type { Query } from "@purlin/kit/pool";
import DataLoader from "dataloader";
import { listAttachments, type AttachmentRow } from "../attachments/attachments.ts";
import { findProjects, type ProjectRow } from "../projects/projects.ts";
import { findTasks, type TaskRow } from "../tasks/tasks.ts";
import { readChildPages, type Child, type ChildListName, type Page, type PageRequest } from "./child-pages.ts";
import { findOrganisation, findPeople, type OrganisationRow } from "./people.ts";

type Read = <T>(work: (query: Query) => Promise<T>) => Promise<T>;

/** What is asked for many times in one request and read once, in one organisation. Undefined for what is not there. */
export interface Loaders {
  organisation: () => Promise<OrganisationRow | undefined>;
  project: (id: string) => Promise<ProjectRow | undefined>;
  task: (id: string) => Promise<TaskRow | undefined>;
  personName: (id: string) => Promise<string | undefined>;
  attachments: (taskId: string) => Promise<AttachmentRow[]>;
  children: <N extends ChildListName>(name: N, parentId: string, page: PageRequest) => Promise<Page<Child<N>>>;
}

/** A loader answers all that was asked for in the same turn of the event loop with one statement. */
export function createLoaders(read: Read): Loaders {
  const projects = byId((ids) => read((query) => findProjects(query, ids)));
  const tasks = byId((ids) => read((query) => findTasks(query, ids)));
  const people = byId((ids) => read((query) => findPeople(query, ids)));
  const attachments = new DataLoader<string, AttachmentRow[]>(async (taskIds) => {
    const found = Map.groupBy(await read((query) => listAttachments(query, taskIds)), ({ taskId }) => taskId);
    return taskIds.map((id) => found.get(id) ?? []);
  });
  let organisation: Promise<OrganisationRow | undefined> | undefined;
  const pages = new Map<string, unknown>();
  /** One loader for each list and page asked for: `comments(first: 5)` of many tasks is one statement. */
  const pageLoader = <N extends ChildListName>(name: N, page: PageRequest) => {
    const key = JSON.stringify([name, page.first, page.after]);
    const load = (parents: readonly string[]) => read((query) => readChildPages(query, name, parents, page));
    const loader = (pages.get(key) as DataLoader<string, Page<Child<N>>> | undefined) ?? new DataLoader(load); // the key has the list's name
    pages.set(key, loader);
    return loader;
  };
  return {
    organisation: () => (organisation ??= read(findOrganisation)),
    project: (id) => projects.load(id),
    task: (id) => tasks.load(id),
    personName: async (id) => (await people.load(id))?.name,
    attachments: (taskId) => attachments.load(taskId),
    children: (name, parentId, page) => pageLoader(name, page).load(parentId),
  };
}

function byId<T extends { id: string }>(find: (ids: readonly string[]) => Promise<T[]>) {
  return new DataLoader<string, T | undefined>(async (ids) => {
    const found = new Map((await find(ids)).map((one) => [one.id, one]));
    return ids.map((id) => found.get(id));
  });
}
