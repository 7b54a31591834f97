import { createHash } from 'node:crypto'
import type { TSchema } from '@sinclair/typebox'
import { formOf } from '../grammar/help.ts'
import { spellingOf } from '../grammar/spelling.ts'
import { commands } from '../grammar/table.ts'
import { envelope } from '../messages/envelope.schema.ts'
import { answerMessages, type DescribedMessage } from './document.ts'
import { escapeHtml, inlineHtml, proseHtml, tableHtml } from './html.ts'
import { credentials, description, title } from './text.ts'

const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --link: light-dark(#0b57d0, #8ab4f8) }
* { box-sizing: border-box }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1.5rem 1.25rem 5rem }
h1 { font-size: 1.9rem; margin: 1rem 0 .5rem }
h2 { margin: 2.5rem 0 .75rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line) }
h3 { margin: 2rem 0 .25rem; font-family: ui-monospace, monospace }
a { color: var(--link) }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 1rem 0 }
code { font: .88em ui-monospace, monospace; background: var(--soft); padding: .1em .3em; border-radius: .25em }
pre { background: var(--soft); padding: .9rem 1rem; border-radius: .5rem; overflow-x: auto; font: .82rem/1.45 ui-monospace, monospace }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto; font-size: .93rem }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line) }
td:first-child { white-space: nowrap }
details { margin: .5rem 0 }
summary { cursor: pointer }
`

/** What the page may load: nothing but its own style. */
export const pagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The AsyncAPI document for people: one page of HTML, without scripts. */
export function asyncapiPage(): string {
  const answers = answerMessages()
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<nav><a href="#credentials">Credentials</a><a href="#commands">Commands</a><a href="#envelope">Envelope</a><a href="#messages">Messages</a><a href="/asyncapi.yaml">asyncapi.yaml</a><a href="/docs">REST API</a></nav>
${proseHtml(description)}
<h2 id="credentials">Credentials</h2>
<p>At the upgrade of <code>GET /qbo</code>; without one it is refused with 401.</p>
${tableHtml(
  ['where', 'what'],
  [
    ['Cookie <code>qbo_uid</code>', inlineHtml(credentials.qbo_uid)],
    ['Cookie <code>qbo_aux</code>', inlineHtml(credentials.qbo_aux)],
    ['<code>Authorization: Bearer</code>', inlineHtml(credentials.bearer)],
  ],
)}
<h2 id="commands">Commands</h2>
${commandTable()}
<h2 id="envelope">Envelope</h2>
<p>Behind the data of every message, in this order.</p>
${propertyTable(envelope)}
<h2 id="messages">Messages</h2>
<nav>${answers.map(({ title: key }) => `<a href="#${key}">${key}</a>`).join('')}</nav>
${answers.map(messageSection).join('\n')}
</body>
</html>
`
}

function commandTable(): string {
  return tableHtml(
    ['command', 'what it does', 'options', 'example'],
    commands.map(spec => [
      `<code>${escapeHtml(formOf(spec))}</code>`,
      `${inlineHtml(spec.summary)}${spec.admin ? ' (admins)' : ''}`,
      spec.options
        .map(option => `<code>${escapeHtml(spellingOf(option))}</code>${'admin' in option ? ' (admins)' : ''}`)
        .join('<br>'),
      `<code>${escapeHtml(spec.examples[0])}</code>`,
    ]),
  )
}

function messageSection({ title: key, summary, payload, examples }: DescribedMessage): string {
  const shown = examples.map(
    example =>
      `<details><summary>${inlineHtml(example.summary)}</summary><pre>${escapeHtml(JSON.stringify(example.payload, null, 2))}</pre></details>`,
  )
  return `<section id="${key}">
<h3>${key}</h3>
<p>${inlineHtml(summary)}.</p>
${propertyTable(payload.properties[key].items.properties)}
${shown.join('\n')}
</section>`
}

function propertyTable(properties: Record<string, TSchema>): string {
  return tableHtml(
    ['member', 'type', 'meaning'],
    Object.entries(properties).map(([name, schema]) => [
      `<code>${name}</code>`,
      escapeHtml(String(schema.format ?? schema.type)),
      `${inlineHtml(schema.description ?? '')}${exampleOf(schema)}`,
    ]),
  )
}

function exampleOf({ examples, enum: words }: TSchema): string {
  if (Array.isArray(words)) return `: ${words.map(word => `<code>${word}</code>`).join(', ')}`
  const example: unknown = Array.isArray(examples) ? examples[0] : undefined
  if (example === undefined || example === '') return ''
  const text = String(example)
  return ` <code>${escapeHtml(text.length > 48 ? `${text.slice(0, 47)}…` : text)}</code>`
}
