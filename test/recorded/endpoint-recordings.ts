import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** One recorded answer of OpenAI's smaller endpoints. */
export interface EndpointRecording {
  readonly id: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

const root = resolve(process.env['PROMPTBOX_SHARED'] ?? '../shared', 'wire-fixtures')

const files = {
  completionStream: 'vercel-ai/openai__completion__openai-completion-text.chunks.txt',
  embeddings: 'vercel-ai/openai__embedding__openai-embedding.json',
  images: 'vercel-ai/openai__image__openai-image.json',
  transcription: 'vercel-ai/openai__transcription__openai-transcription.json',
} as const

/** The recorded answer of one of the smaller endpoints; a stream with its framing. */
export function endpointRecording(which: keyof typeof files): EndpointRecording {
  const id = files[which]
  const content = readFileSync(join(root, id))
  if (id.endsWith('.json')) return { id, status: 200, headers: { 'content-type': 'application/json' }, body: content }
  const lines = content
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
  const body = Buffer.from([...lines, '[DONE]'].map((line) => `data: ${line}\n\n`).join(''))
  return { id, status: 200, headers: { 'content-type': 'text/event-stream' }, body }
}

/** The files that `endpointRecording` reads. */
export const endpointRecordingIds: readonly string[] = Object.values(files)
