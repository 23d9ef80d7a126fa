/**
 * A step of the page: a heading, a sentence, and blocks of lines to paste. A line that asks for something is a block of
 * its own: pasted lines behind it would be taken for the answer.
 */
interface Step {
  readonly title: string;
  readonly text: string;
  readonly blocks: readonly (readonly string[])[];
}

/** The page for clients that came by this origin: every line works as it is printed, but for the account's name. */
export function renderStart(origin: string): string {
  const { host } = new URL(origin);
  const plain = origin.startsWith('http:');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>ncr at ${escape(host)}</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/start.css">
</head>
<body>
<header>
<img src="/assets/icon.svg" alt="" width="40" height="40">
<div><h1>ncr</h1><p>Container registry at <strong>${escape(host)}</strong></p></div>
</header>
<main>
<p class="lead">Three steps from here to your first push. The lines are for this very address: copy and paste.</p>
<ol class="steps">
${beginning(origin).map(step).join('\n')}
</ol>
${plain && !isLoopback(host) ? insecureNote(host) : ''}
<section aria-labelledby="tools">
<h2 id="tools">Push and pull</h2>
<div class="tools">
${tools(host, plain).map(tool).join('\n')}
</div>
</section>
</main>
<footer>
<a href="/api/docs">API documentation</a>
<a href="/.well-known/jwks.json">Token keys</a>
<a href="/readyz">Status</a>
</footer>
</body>
</html>
`;
}

function beginning(origin: string): Step[] {
  const { host } = new URL(origin);
  return [
    {
      title: 'Make an access key',
      text:
        'Put in the name of your account; curl asks for the password. The answer is the only place where the secret of ' +
        'the key is ever shown. The other lines keep both in this shell, for the steps that follow.',
      blocks: [
        [`KEY=$(curl -sS -X POST -u you@example.com ${origin}/api/v1/access-keys); echo "$KEY"`],
        [
          `NCR_KEY=$(echo "$KEY" | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')`,
          `NCR_SECRET=$(echo "$KEY" | sed 's/.*"secret":"\\([^"]*\\)".*/\\1/')`,
        ],
      ],
    },
    {
      title: 'Log in',
      text: 'With the key in place of your name and its secret in place of your password.',
      blocks: [[`echo "$NCR_SECRET" | docker login ${host} -u "$NCR_KEY" --password-stdin`]],
    },
    {
      title: 'Create a registry',
      text: 'A registry holds the images of a team or a product. Its name begins every image name. Here it is called team.',
      blocks: [
        [
          `curl -u "$NCR_KEY:$NCR_SECRET" -H 'Content-Type: application/json' \\`,
          `  -d '{"name":"team"}' ${origin}/api/v1/registries`,
        ],
      ],
    },
  ];
}

/** `helm` and `oras` want to be told that an address has no TLS. */
function tools(host: string, plain: boolean): Step[] {
  const flag = plain ? ' --plain-http' : '';
  return [
    {
      title: 'docker',
      text: 'Container images, also with podman and nerdctl.',
      blocks: [
        [
          `docker tag hello-world ${host}/team/hello:1.0`,
          `docker push ${host}/team/hello:1.0`,
          `docker pull ${host}/team/hello:1.0`,
        ],
      ],
    },
    {
      title: 'helm',
      text: 'Charts, straight from the folder they are made in.',
      blocks: [
        [
          `echo "$NCR_SECRET" | helm registry login ${host} -u "$NCR_KEY" --password-stdin${flag}`,
          'helm create web && helm package web',
          `helm push web-0.1.0.tgz oci://${host}/team/charts${flag}`,
          `helm pull oci://${host}/team/charts/web --version 0.1.0${flag}`,
        ],
      ],
    },
    {
      title: 'oras',
      text: 'Any other file.',
      blocks: [
        [
          `echo "$NCR_SECRET" | oras login ${host} -u "$NCR_KEY" --password-stdin${flag}`,
          'echo hello > hello.txt',
          `oras push${flag} ${host}/team/files:1.0 hello.txt:text/plain`,
          `oras pull${flag} ${host}/team/files:1.0`,
        ],
      ],
    },
  ];
}

function step({ title, text, blocks }: Step): string {
  return `<li><h2>${escape(title)}</h2><p>${escape(text)}</p>${blocks.map(commands).join('')}</li>`;
}

function tool({ title, text, blocks }: Step): string {
  return `<article><h3>${escape(title)}</h3><p>${escape(text)}</p>${blocks.map(commands).join('')}</article>`;
}

/** Focusable, so that a keyboard can scroll it. */
function commands(lines: readonly string[]): string {
  return `<pre tabindex="0"><code>${lines.map(escape).join('\n')}</code></pre>`;
}

function insecureNote(host: string): string {
  return `<p class="note">This address has no TLS. docker talks to it only after <code>"insecure-registries": ["${escape(host)}"]</code>
was added to its <code>daemon.json</code>.</p>`;
}

function isLoopback(host: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/.test(host);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}
