import { json, pieces, type Script } from '../scripted-upstream.ts'
import {
  answerTo,
  type Json,
  listOf,
  member,
  newId,
  onlyKnown,
  type Question,
  Refused,
  type Said,
  textOf,
  tokens,
} from './said.ts'
import { vector } from './openai.ts'

/** The key the fake takes. */
export const geminiKey = 'fake-gemini-key'

const known = new Set(
  'contents systemInstruction tools toolConfig generationConfig safetySettings cachedContent labels'.split(' '),
)
const knownConfig = new Set(
  `maxOutputTokens temperature topP topK stopSequences seed presencePenalty frequencyPenalty candidateCount
  responseMimeType responseJsonSchema responseSchema thinkingConfig responseLogprobs logprobs responseModalities`.split(
    /\s+/,
  ),
)
const signature = 'Z2VtaW5pIHRob3VnaHQ='

/** `generateContent`, `streamGenerateContent` and `batchEmbedContents` as Gemini 3 answers them. */
export const fakeGemini: Script = (answer) => {
  const { path, headers, json: body } = answer.request
  if (headers['x-goog-api-key'] !== geminiKey)
    return refusal(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.')(answer)
  const [, model = '', method = ''] = /^\/v1beta\/models\/([^/:?]+):(\w+)/.exec(path) ?? []
  try {
    if (method === 'batchEmbedContents') return json(embeddings(body))(answer)
    if (method === 'generateContent') return json(responseOf(model, answerTo(questionOf(body))))(answer)
    if (method === 'streamGenerateContent' && path.endsWith('?alt=sse'))
      return pieces(streamOf(model, answerTo(questionOf(body))))(answer)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return refusal(400, 'INVALID_ARGUMENT', error.message)(answer)
  }
  return refusal(404, 'NOT_FOUND', `${path} is not found.`)(answer)
}

/** Google's error. */
export function refusal(status: number, name: string, message: string, details: readonly Json[] = []): Script {
  return json({ error: { code: status, message, status: name, details } }, status)
}

function usageOf(said: Said): Json {
  const thoughts = said.thinking.length === 0 ? 0 : tokens.reasoning
  return {
    promptTokenCount: tokens.input,
    cachedContentTokenCount: tokens.cached,
    candidatesTokenCount: tokens.output - thoughts,
    ...(thoughts === 0 ? {} : { thoughtsTokenCount: thoughts }),
    totalTokenCount: tokens.input + tokens.output,
  }
}

/** Of calls made at once the first alone is signed. */
const callPart = ({ name, input }: Said['calls'][number], at: number): Json => ({
  functionCall: { name, args: input },
  ...(at === 0 ? { thoughtSignature: signature } : {}),
})

function responseOf(model: string, said: Said): Json {
  const parts = [
    ...(said.thinking.length === 0 ? [] : [{ text: said.thinking.join(''), thought: true }]),
    ...(said.texts.length === 0 ? [] : [{ text: said.texts.join('') }]),
    ...said.calls.map(callPart),
  ]
  const candidate = { content: { parts, role: 'model' }, finishReason: 'STOP', index: 0 }
  return { candidates: [candidate], usageMetadata: usageOf(said), modelVersion: model, responseId: newId('gem') }
}

/** CRLF, no end mark, usage on every event, the finish reason on one of its own. */
function* streamOf(model: string, said: Said): Generator<string> {
  const responseId = newId('gem')
  const event = (parts: readonly Json[], finishReason?: string): string => {
    const candidate = { content: { parts, role: 'model' }, ...(finishReason && { finishReason }), index: 0 }
    const value = { candidates: [candidate], usageMetadata: usageOf(said), modelVersion: model, responseId }
    return `data: ${JSON.stringify(value)}\r\n\r\n`
  }
  for (const text of said.thinking) yield event([{ text, thought: true }])
  for (const text of said.texts) yield event([{ text }])
  if (said.calls.length > 0) yield event(said.calls.map(callPart))
  yield event([{ text: '' }], 'STOP')
}

function embeddings(body: Json): Json {
  const requests = listOf(body['requests'])
  return { embeddings: requests.map((_request, index) => ({ values: vector.map((part) => part + index) })) }
}

function questionOf(body: Json): Question {
  onlyKnown(body, known)
  const config = member(body, 'generationConfig')
  onlyKnown(config, knownConfig)
  const contents = listOf(body['contents'])
  contents.forEach((content, at) => checkContent(content, contents[at + 1]))
  const last = listOf(contents.at(-1)?.['parts'])
  const calling = member(member(body, 'toolConfig'), 'functionCallingConfig')
  const tools = listOf(body['tools'])
    .flatMap((tool) => listOf(tool['functionDeclarations']))
    .map((declaration) => String(declaration['name']))
  const allowed = calling['allowedFunctionNames']
  const thinking = member(config, 'thinkingConfig')
  return {
    text: textOf(last),
    tools,
    forcedTool: calling['mode'] === 'ANY' ? String(Array.isArray(allowed) ? allowed[0] : tools[0]) : null,
    results: last.filter((part) => part['functionResponse'] !== undefined).map(resultOf),
    schema: config['responseJsonSchema'] !== undefined,
    thinks: thinking['includeThoughts'] === true,
  }
}

function resultOf(part: Json): string {
  const response = member(member(part, 'functionResponse'), 'response')
  const [only] = Object.values(response)
  return Object.keys(response).length === 1 && typeof only === 'string' ? only : JSON.stringify(response)
}

function checkContent(content: Json, next: Json | undefined): void {
  if (content['role'] !== 'user' && content['role'] !== 'model')
    throw new Refused('contents', 'Please use a valid role: user, model.')
  const parts = listOf(content['parts'])
  if (parts.length === 0) throw new Refused('contents', 'must have parts.')
  const calls = parts.filter((part) => part['functionCall'] !== undefined)
  if (calls.length === 0) return
  if (typeof calls[0]?.['thoughtSignature'] !== 'string')
    throw new Refused('contents', 'Function call is missing a thought_signature in functionCall parts.')
  const responses = listOf(next?.['parts']).filter((part) => part['functionResponse'] !== undefined)
  const names = (list: readonly Json[], of: string): string => list.map((part) => member(part, of)['name']).join()
  if (names(calls, 'functionCall') !== names(responses, 'functionResponse'))
    throw new Refused('contents', 'the number of function response parts is to be that of the function call parts.')
}
