/** Documentation of the headers by which versions are told. */
export const tagHeader = { etag: "Its version, for `if-match` and `if-none-match`." };

export const ifMatch = {
  "if-match": "`etag` of the version that is meant; another one's change is not undone unseen.",
};

export const ifNoneMatch = { "if-none-match": "`etag` of the version the client has." };
