/** The page an operator gives an access token to. It has no script and no style of its own. */
export function signInPage(action: string, problem?: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Queue board</title></head>
<body>
<main>
<h1>Queue board</h1>
${problem === undefined ? "" : `<p role="alert">${problem}</p>`}
<form method="post" action="${action}">
<p><label for="token">Access token of an operator</label><br>
<input id="token" name="token" type="password" autocomplete="off" required></p>
<p><button type="submit">Open</button></p>
</form>
</main>
</body>
</html>
`;
}
