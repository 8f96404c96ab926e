import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";

/** Points a field of the root costs beside what it selects: each is a question to the database, a mutation a transaction. */
const rootCost = { query: 1, mutation: 10, subscription: 1 };

/** Items a list without `first` is counted as. */
const plainList = 10;

interface Counting {
  schema: GraphQLSchema;
  fragments: Map<string, FragmentDefinitionNode>;
  /** Cost of fragments that were counted: named many times, they would otherwise be counted many times over. */
  counted: Map<string, number>;
  variables: Readonly<Record<string, unknown>>;
}

/**
 * What an operation may make the API do, before it does any of it: a point for each field, times as many items as the
 * lists around it may have. Unlike a count of the text, it knows the variables: `first: $n` costs what $n says.
 * Expects a document that is valid.
 */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): number {
  const fragments = document.definitions.flatMap((one) =>
    one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : [],
  );
  const root = schema.getRootType(operation.operation);
  if (!root) return 0;
  const counting = { schema, fragments: new Map(fragments), counted: new Map<string, number>(), variables };
  return (
    rootCost[operation.operation] * operation.selectionSet.selections.length +
    selectionCost(operation.selectionSet, root, counting)
  );
}

function selectionCost({ selections }: SelectionSetNode, type: GraphQLNamedType, counting: Counting): number {
  let cost = 0;
  for (const selection of selections) {
    switch (selection.kind) {
      case Kind.FIELD:
        cost += fieldCost(selection, type, counting);
        break;
      case Kind.INLINE_FRAGMENT: {
        const on = selection.typeCondition ? counting.schema.getType(selection.typeCondition.name.value) : type;
        cost += selectionCost(selection.selectionSet, on ?? type, counting);
        break;
      }
      case Kind.FRAGMENT_SPREAD:
        cost += fragmentCost(selection.name.value, counting);
        break;
      default:
        selection satisfies never;
    }
  }
  return cost;
}

function fragmentCost(name: string, counting: Counting): number {
  const known = counting.counted.get(name);
  if (known !== undefined) return known;
  const fragment = counting.fragments.get(name);
  const type = fragment && counting.schema.getType(fragment.typeCondition.name.value);
  const cost = fragment && type ? selectionCost(fragment.selectionSet, type, counting) : 0;
  counting.counted.set(name, cost);
  return cost;
}

function fieldCost(node: FieldNode, parent: GraphQLNamedType, counting: Counting): number {
  const field = isObjectType(parent) ? parent.getFields()[node.name.value] : undefined;
  if (!field || !node.selectionSet) return 1;
  const type = getNamedType(field.type);
  if (!isCompositeType(type)) return 1;
  return 1 + items(node, field, parent, counting) * selectionCost(node.selectionSet, type, counting);
}

/** How many times what a field selects may be answered. The lists inside a connection are the page it was asked for. */
function items(
  node: FieldNode,
  field: GraphQLField<unknown, unknown>,
  parent: GraphQLNamedType,
  { variables }: Counting,
): number {
  const first = field.args.find(({ name }) => name === "first");
  if (!first) return isListType(getNullableType(field.type)) && !parent.name.endsWith("Connection") ? plainList : 1;
  const given = node.arguments?.find(({ name }) => name.value === "first")?.value;
  const value =
    given?.kind === Kind.INT
      ? Number(given.value)
      : given?.kind === Kind.VARIABLE
        ? variables[given.name.value]
        : undefined;
  const size = typeof value === "number" ? value : first.defaultValue;
  return typeof size === "number" && size > 1 ? size : 1;
}
