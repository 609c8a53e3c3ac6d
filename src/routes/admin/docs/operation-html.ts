import type {
  OpenApiDocument,
  OpenApiOperation,
  OpenApiParameter,
  OpenApiResponse,
} from '../../../contract/admin/openapi.ts'
import { type Html, html, nothing, prose } from './html.ts'
import { fieldRow, fieldsTable, textOf } from './schema-html.ts'

export interface DocumentedOperation {
  readonly method: string
  readonly path: string
  readonly operation: OpenApiOperation
}

export function operationsOf(document: OpenApiDocument, tag: string): readonly DocumentedOperation[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, operation]) => operation.tags.includes(tag))
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
}

export function methodBadge(method: string): Html {
  return html`<span class="method ${method.toLowerCase()}">${method}</span>`
}

/** One endpoint: what it does, what it takes, what it answers, and a command to try it. */
export function operationHtml(documented: DocumentedOperation, document: OpenApiDocument): Html {
  const server = serverOf(document)
  const { method, path, operation } = documented
  return html`<section class="operation" id="${operation.operationId}">
    <h3>${methodBadge(method)} <code>${server}${path}</code></h3>
    <p class="summary"><a href="#${operation.operationId}">${operation.summary}</a></p>
    ${operation.description === undefined ? nothing : html`<p>${prose(operation.description)}</p>`}
    ${parametersHtml('Path', operation.parameters, 'path')} ${parametersHtml('Query', operation.parameters, 'query')}
    ${bodyHtml(operation)}
    <h4>Try it</h4>
    ${copyable(curl(documented, server))} ${responsesHtml(operation, document)}
  </section>`
}

function parametersHtml(title: string, parameters: readonly OpenApiParameter[], place: 'path' | 'query'): Html {
  const here = parameters.filter((parameter) => parameter.in === place)
  if (here.length === 0) return nothing
  return html`<h4>${title}</h4>
    <table>
      <thead>
        <tr>
          <th>Parameter</th>
          <th>Type</th>
          <th></th>
        </tr>
      </thead>
      <tbody>
        ${here.map(({ name, schema, required, description }) =>
          fieldRow(name, { ...schema, ...(description === undefined ? {} : { description }) }, required),
        )}
      </tbody>
    </table>`
}

function bodyHtml({ requestBody }: OpenApiOperation): Html {
  if (requestBody === undefined) return nothing
  const { schema } = requestBody.content['application/json']
  return html`<h4>Body${requestBody.required ? nothing : ' (may be left out)'}</h4>
    ${fieldsTable(schema)}`
}

function responsesHtml({ responses }: OpenApiOperation, document: OpenApiDocument): Html {
  const answers = Object.entries(responses).map(([status, response]) => ({
    status,
    response: resolved(response, document),
  }))
  return html`<h4>Answers</h4>
    ${answers.map(({ status, response }) => (status.startsWith('2') ? answerHtml(status, response) : errorHtml(status, response)))}`
}

function answerHtml(status: string, { description, content }: OpenApiResponse): Html {
  const { schema, example } = content['application/json']
  return html`<p class="answer">${statusHtml(status)} ${prose(description)}</p>
    ${fieldsTable(schema)}
    ${
      example === undefined
        ? nothing
        : html`<details>
            <summary>Example</summary>
            <pre><code>${JSON.stringify(example, null, 2)}</code></pre>
          </details>`
    }`
}

function errorHtml(status: string, { description }: OpenApiResponse): Html {
  return html`<p class="answer">${statusHtml(status)} ${prose(description)}</p>`
}

function statusHtml(status: string): Html {
  return html`<span class="status s${status.charAt(0)}">${status}</span>`
}

function resolved(response: OpenApiResponse | { readonly $ref: string }, document: OpenApiDocument): OpenApiResponse {
  if (!('$ref' in response)) return response
  const found = document.components.responses[response.$ref.replace('#/components/responses/', '')]
  if (found === undefined) throw new Error(`The OpenAPI document has no ${response.$ref}.`)
  return found
}

export function serverOf(document: OpenApiDocument): string {
  return document.servers[0]?.url ?? ''
}

function copyable(command: string): Html {
  return html`<div class="copyable">
    <button type="button">Copy</button>
    <pre><code>${command}</code></pre>
  </div>`
}

function curl({ method, path, operation }: DocumentedOperation, server: string): string {
  const inPath = new Map(
    operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name, example }) => [name, example]),
  )
  const filled = path.replaceAll(/\{(\w+)\}/g, (whole, name: string) => textOf(inPath.get(name) ?? whole))
  const query = operation.parameters
    .filter((parameter) => parameter.in === 'query' && parameter.example !== undefined)
    .map(({ name, example }) => `${name}=${encodeURIComponent(textOf(example))}`)
    .join('&')
  const lines = [
    `curl${method === 'GET' ? '' : ` -X ${method}`} "$PROMPTBOX_URL${server}${filled}${query === '' ? '' : `?${query}`}"`,
  ]
  lines.push('-H "authorization: Bearer $PROMPTBOX_ADMIN_KEY"')
  const body = operation.requestBody?.content['application/json'].example
  if (body !== undefined)
    lines.push(`-H "content-type: application/json"`, `-d '${JSON.stringify(body, null, 2).replaceAll("'", `'\\''`)}'`)
  return lines.join(' \\\n  ')
}
