import { createHash } from 'node:crypto'
import type { OpenApiDocument } from '../../../contract/admin/openapi.ts'
import { Html, html, prose } from './html.ts'
import { methodBadge, operationHtml, operationsOf } from './operation-html.ts'
import { fieldsTable, schemaAnchor } from './schema-html.ts'

const style = `
:root { color-scheme: light dark; --ground: #fff; --panel: #f6f7f9; --ink: #1b1f24; --soft: #5b6470; --line: #e1e5ea; --link: #0a58ca; --mark: #8a4b00 }
@media (prefers-color-scheme: dark) { :root { --ground: #14171b; --panel: #1c2026; --ink: #e7eaee; --soft: #9aa4b0; --line: #2d333b; --link: #7db3ff; --mark: #f0b35b } }
* { box-sizing: border-box }
body { margin: 0; display: grid; grid-template-columns: 18rem minmax(0, 1fr); background: var(--ground); color: var(--ink); font: 15px/1.55 system-ui, sans-serif }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1rem; border-right: 1px solid var(--line); background: var(--panel); font-size: 13px }
nav h2 { margin: 1.2rem 0 .3rem; font-size: 11px; letter-spacing: .06em; text-transform: uppercase; color: var(--soft) }
nav ul { margin: 0; padding: 0; list-style: none }
nav li a { display: flex; gap: .5rem; padding: .2rem 0; color: inherit }
main { max-width: 60rem; padding: 2rem 2.5rem 6rem }
a { color: var(--link); text-decoration: none }
a:hover { text-decoration: underline }
a:focus-visible, button:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
h1 { margin: 0 0 .5rem; font-size: 1.9rem }
main > h2 { margin: 3rem 0 1rem; padding-bottom: .3rem; border-bottom: 2px solid var(--line) }
h3 { margin: 0; font-size: 1rem; overflow-wrap: anywhere }
h4 { margin: 1.2rem 0 .4rem; font-size: .8rem; color: var(--soft); text-transform: uppercase; letter-spacing: .04em }
section.operation, section.schema { padding: 1.5rem 0; border-bottom: 1px solid var(--line) }
.summary { margin: .4rem 0 }
.summary a { color: inherit; font-size: 1.1rem; font-weight: 600 }
.method { display: inline-block; min-width: 3.6rem; padding: 0 .4rem; border-radius: 4px; background: #5b6470; color: #fff; font: 600 11px/1.7 ui-monospace, monospace; text-align: center }
.method.get { background: #0a6c74 } .method.post { background: #1f7a3d } .method.put { background: #8a5a00 } .method.patch { background: #6b4bb0 } .method.delete { background: #b3261e }
.status { font: 600 12px ui-monospace, monospace } .s2 { color: #2b9a4e } .s4 { color: var(--mark) } .s5 { color: #d9534f }
.required { color: var(--mark); font-size: 11px }
table { width: 100%; border-collapse: collapse; font-size: 13.5px }
th { text-align: left; color: var(--soft); font-weight: 500 }
th, td { padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td { overflow-wrap: anywhere }
small { color: var(--soft) }
code { font: 12.5px ui-monospace, SFMono-Regular, Menlo, monospace }
pre { margin: .4rem 0; padding: .8rem 1rem; overflow: auto; max-height: 28rem; border: 1px solid var(--line); border-radius: 6px; background: var(--panel) }
.copyable { position: relative }
.copyable button { position: absolute; top: .4rem; right: .4rem; padding: .15rem .6rem; border: 1px solid var(--line); border-radius: 4px; background: var(--ground); color: var(--ink); font-size: 12px; cursor: pointer }
p.answer { margin: .25rem 0; font-size: 13.5px }
details { margin: .3rem 0 } summary { cursor: pointer }
@media (max-width: 56rem) { body { display: block } nav { position: static; height: auto } main { padding: 1.5rem 1rem } }
`

const script = `
for (const origin of document.querySelectorAll('[data-origin]')) origin.textContent = location.origin
document.addEventListener('click', async (event) => {
  const button = event.target.closest('.copyable button')
  if (!button) return
  const text = button.nextElementSibling.textContent
  try { await navigator.clipboard.writeText(text); button.textContent = 'Copied' }
  catch { getSelection().selectAllChildren(button.nextElementSibling); button.textContent = 'Selected' }
  setTimeout(() => { button.textContent = 'Copy' }, 1500)
})
`

// Outside of the page's template, where a formatter would put white space into what the policy's hashes are of.
const styleElement = new Html(`<style>${style}</style>`)
const scriptElement = new Html(`<script>${script}</script>`)

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Nothing from elsewhere, and of our own only exactly this style and this script. */
export const docsPolicy = `default-src 'none'; style-src ${hashOf(style)}; script-src ${hashOf(script)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/** The OpenAPI document as a page to read: one file, no request to anywhere. */
export function docsPage(document: OpenApiDocument): string {
  const groups = document.tags.map(({ name }) => ({ name, operations: operationsOf(document, name) }))
  const navigation = groups.map(
    ({ name, operations }) =>
      html`<h2>${name}</h2>
        <ul>
          ${operations.map(({ method, operation }) => html`<li><a href="#${operation.operationId}">${methodBadge(method)} ${operation.summary}</a></li>`)}
        </ul>`,
  )
  const sections = groups.map(
    ({ name, operations }) =>
      html`<h2>${name}</h2>
        ${operations.map((operation) => operationHtml(operation, document))}`,
  )
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) =>
      html`<section class="schema" id="${schemaAnchor(name)}">
        <h3>${name}</h3>
        ${typeof schema['description'] === 'string' ? html`<p>${prose(schema['description'])}</p>` : ''}
        ${fieldsTable(schema)}
      </section>`,
  )
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${document.info.title}</title>
        ${styleElement}
      </head>
      <body>
        <nav aria-label="Endpoints">
          <strong>${document.info.title}</strong>${navigation}
          <h2>Shapes</h2>
          <ul>
            <li><a href="#shapes">All shapes</a></li>
          </ul>
        </nav>
        <main>
          <h1>${document.info.title}</h1>
          <p>
            <small>Version ${document.info.version} · <a href="openapi.json">openapi.json</a></small>
          </p>
          <p>${prose(document.info.description)}</p>
          <p>The examples read two variables:</p>
          <div class="copyable">
            <button type="button">Copy</button>
            <pre><code>export PROMPTBOX_URL=<span data-origin>http://127.0.0.1:4000</span>
export PROMPTBOX_ADMIN_KEY=…</code></pre>
          </div>
          ${sections}
          <h2 id="shapes">Shapes</h2>
          ${schemas}
        </main>
        ${scriptElement}
      </body>
    </html> `.text
}
