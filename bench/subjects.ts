import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Tools, endChild, startChild } from './native.ts'

/** Something that stands between client and upstream (or nothing does) and can be measured. */
export interface Subject {
  readonly name: string
  readonly port: number
  readonly path: string
  readonly key: string
  readonly header?: string | undefined
  /** Process whose serving thread is measured; null: there is none between. */
  readonly processId: number | null
  /** The request body that makes the upstream answer as this model. */
  body(model: string, stream: boolean): string
  stop(): Promise<void>
}

const question = 'Please answer the following question of a customer in a friendly and helpful tone. '.repeat(5)

/** About 800 bytes, as an application would send it. */
function plainBody(model: string, stream: boolean): string {
  const messages = [
    { role: 'system', content: 'You are a helpful assistant of an online shop. Answer briefly and politely.' },
    { role: 'user', content: question },
  ]
  return JSON.stringify({ model, messages, temperature: 0.2, max_tokens: 500, stream })
}

export function direct(port: number): Subject {
  return {
    name: 'direct',
    port,
    path: '/v1/chat/completions',
    key: 'none',
    processId: null,
    body: plainBody,
    stop: () => Promise.resolve(),
  }
}

/** nginx with `proxy_pass` and keep-alive, one worker; null when it is not installed. */
export async function nginx(tools: Tools, upstreamPort: number): Promise<Subject | null> {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' })
  } catch {
    return null
  }
  const port = await freePort()
  const folder = mkdtempSync(join(tools.folder, 'nginx-'))
  const file = join(folder, 'nginx.conf')
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 16384; }
http { access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; keepalive_requests 1000000000;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  upstream up { server 127.0.0.1:${upstreamPort}; keepalive 512; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:${port} backlog=8192; location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; } } }`,
  )
  const child = await startChildOnPort('nginx', ['-e', `${folder}/error.log`, '-c', file], port)
  const worker = Number(
    execFileSync('pgrep', ['-P', String(child.pid)])
      .toString()
      .trim()
      .split('\n')[0],
  )
  return {
    name: 'nginx proxy_pass',
    port,
    path: '/v1/chat/completions',
    key: 'none',
    processId: worker,
    body: plainBody,
    stop: () => endChild(child),
  }
}

/** What node can do at best: node:http and undici's dispatch, nothing looked at. */
export async function bareNode(upstreamPort: number): Promise<Subject> {
  const script = fileURLToPath(new URL('./bare-proxy.mjs', import.meta.url))
  const { child, match } = await startChild(process.execPath, [script, String(upstreamPort)], {
    ready: /listening (\d+)/,
  })
  return nodeSubject('bare node:http + undici', child, Number(match[1]), 'none')
}

/** Our nearest peer by stack, from npm, installed on demand beside the benchmark; null when it cannot be had. */
export async function portkey(upstreamPort: number): Promise<Subject | null> {
  const folder = fileURLToPath(new URL('./.portkey', import.meta.url))
  const script = join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js')
  if (!existsSync(script)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{"private":true}')
    try {
      execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '@portkey-ai/gateway@1.15.2'], {
        cwd: folder,
        stdio: 'ignore',
      })
    } catch {
      return null
    }
  }
  const port = await freePort()
  const child = await startChildOnPort(process.execPath, [script, `--port=${port}`, '--headless'], port, {
    ...process.env,
    TRUSTED_CUSTOM_HOSTS: '127.0.0.1,localhost',
  })
  const header = `x-portkey-provider: openai\r\nx-portkey-custom-host: http://127.0.0.1:${upstreamPort}/v1`
  return { ...nodeSubject('Portkey gateway 1.15.2', child, port, 'none'), header }
}

export interface PromptboxOptions {
  /** null: the embedded database. */
  readonly databaseUrl: string | null
}

export interface PromptboxSubject extends Subject {
  readonly adminKey: string
  readonly dataDir: string
  /** From the command to the printed address, with a database to make, milliseconds. */
  readonly startedInMs: number
  /** Starts it once more on the same data and stops it again; how long the start took, milliseconds. */
  startAgain(): Promise<number>
}

const welcome = /Promptbox answers at\s+http:\/\/127\.0\.0\.1:(\d+)/

/** Promptbox with everything on: key, stored prompt with variables, recording into the database with bodies. */
export async function promptbox(
  tools: Tools,
  upstreamPort: number,
  options: PromptboxOptions,
): Promise<PromptboxSubject> {
  const script = fileURLToPath(new URL('../dist/src/server.js', import.meta.url))
  const dataDir = mkdtempSync(join(tools.folder, 'promptbox-'))
  const adminKey = 'pb-admin-benchmark-0123456789abcdef'
  const env = {
    PATH: process.env['PATH'],
    PORT: '0',
    PROMPTBOX_DATA_DIR: dataDir,
    PROMPTBOX_ADMIN_KEY: adminKey,
    OPENAI_API_KEY: 'sk-benchmark',
    OPENAI_BASE_URL: `http://127.0.0.1:${upstreamPort}/v1`,
    ...(options.databaseUrl === null ? {} : { DATABASE_URL: options.databaseUrl }),
  }
  const start = async (): Promise<{ child: ChildProcess; port: number; tookMs: number }> => {
    const startedAt = performance.now()
    const { child, match } = await startChild(process.execPath, [script], { ready: welcome, env, cwd: dataDir })
    return { child, port: Number(match[1]), tookMs: performance.now() - startedAt }
  }
  const { child, port, tookMs } = await start()
  const key = await prepare(`http://127.0.0.1:${port}/admin/v1`, adminKey)
  return {
    ...nodeSubject('Promptbox, everything on', child, port, key),
    body: promptBody,
    adminKey,
    dataDir,
    startedInMs: tookMs,
    startAgain: async () => {
      const again = await start()
      await endChild(again.child)
      return again.tookMs
    },
  }
}

/** The same text as the other subjects' request, but most of it lives in the stored prompt. */
function promptBody(model: string, stream: boolean): string {
  return JSON.stringify({
    model: `prompt:${model}`,
    prompt_variables: { company: 'an online shop', tone: 'friendly and helpful', name: 'Ada' },
    messages: [{ role: 'user', content: question }],
    user: 'customer-4711',
    metadata: { session_id: 's-1', app_name: 'shop' },
    stream,
  })
}

/** Models the benchmark calls; each is a stored prompt of the same name. */
export const benchModels = [
  'bench-json',
  'bench-stream-10-100',
  'bench-stream-0-100',
  'bench-stream-1000-20',
  'bench-stream-200-20',
] as const

async function prepare(admin: string, adminKey: string): Promise<string> {
  const post = async (path: string, body: unknown): Promise<unknown> => {
    const response = await fetch(`${admin}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`)
    return response.json()
  }
  for (const model of benchModels) {
    await post('/prompts', {
      slug: model,
      name: model,
      version: {
        messages: [
          {
            role: 'system',
            content: 'You answer for {{company}} in a {{tone}} tone. The customer is called {{name}}.',
          },
        ],
        variables: {
          type: 'object',
          properties: {
            company: { type: 'string' },
            tone: { type: 'string', default: 'friendly' },
            name: { type: 'string' },
          },
          required: ['company', 'name'],
        },
        model: `openai/${model}`,
        parameters: { temperature: 0.2, max_tokens: 500 },
      },
      labels: ['production'],
    })
  }
  const made = (await post('/keys', { name: 'benchmark' })) as { key: string }
  return made.key
}

function nodeSubject(name: string, child: ChildProcess, port: number, key: string): Subject {
  return {
    name,
    port,
    path: '/v1/chat/completions',
    key,
    processId: child.pid ?? null,
    body: plainBody,
    stop: () => endChild(child),
  }
}

/** For programs that do not say when they listen: tries the port until it takes a connection. */
async function startChildOnPort(
  command: string,
  words: readonly string[],
  port: number,
  env?: NodeJS.ProcessEnv,
): Promise<ChildProcess> {
  const child = spawn(command, words, { stdio: 'ignore', ...(env === undefined ? {} : { env }) })
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}.`)
    if (await takesConnection(port)) return child
    await setTimeout(50)
  }
  throw new Error(`${command} does not listen on port ${port}.`)
}

function takesConnection(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
