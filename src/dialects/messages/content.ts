import type { JsonValue } from '../../core/json.ts'
import {
  type Draft,
  given,
  objectsOf,
  pathTo,
  type Placed,
  refused,
  requiredObject,
  requiredText,
  textMember,
} from './reading.ts'
import type { Warnings } from './reading.ts'

/**
 * The content blocks of a message: a list as it is, a string as one text block, nothing for what is absent.
 *
 * @throws Fault when it is anything else.
 */
export function blocksOf(part: Placed, name: string): Placed[] {
  const content = given(part.value, name)
  const path = pathTo(part.path, name)
  if (content === undefined) return []
  const raw = () => part.raw().member(name)
  if (typeof content === 'string') return [{ value: { type: 'text', text: content }, path, raw }]
  if (!Array.isArray(content)) throw refused(path, `\`${path}\` must be a string or a list of content blocks.`)
  return objectsOf(content, path, raw)
}

/** Chat content: the bare text when that says it all, else the parts. */
export function contentOf(parts: readonly Draft[]): JsonValue {
  const [only] = parts
  if (only === undefined) return ''
  const isBareText = parts.length === 1 && only['type'] === 'text' && only['cache_control'] === undefined
  return isBareText ? (only['text'] ?? '') : parts
}

/**
 * The chat parts of a block that a user may write: text, image, document, search result.
 *
 * @throws Fault naming the block for all others.
 */
export function partsOf(block: Placed, warnings: Warnings): Draft[] {
  const type = requiredText(block, 'type')
  switch (type) {
    case 'text':
      return [textPart(requiredText(block, 'text'), block)]
    case 'image':
      return [imagePart(block)]
    case 'document':
      return documentParts(block, warnings)
    case 'search_result':
      return [searchResultPart(block)]
    default:
      throw unknownBlock(block, type)
  }
}

export function unknownBlock({ path }: Placed, type: string): Error {
  return refused(
    path,
    `\`${path}\` is a block of type \`${type}\`, which only Anthropic's own API understands at this place. Take it out, or ask a model of the provider \`anthropic\` without a prompt.`,
  )
}

function textPart(text: string, block: Placed): Draft {
  return { type: 'text', text, ...cacheControl(block) }
}

/** Where the provider should end its cached prefix: kept for those that understand it. */
export function cacheControl({ value }: Placed): Draft {
  const found = given(value, 'cache_control')
  return found === undefined ? {} : { cache_control: found }
}

function imagePart(block: Placed): Draft {
  const source = requiredObject(block, 'source')
  return { type: 'image_url', image_url: { url: addressOf(source, block.path) }, ...cacheControl(block) }
}

/** The URL of an image or document: its own, or one that carries the data. */
function addressOf(source: Placed, blockPath: string): string {
  const type = requiredText(source, 'type')
  if (type === 'url') return requiredText(source, 'url')
  if (type === 'base64') return `data:${requiredText(source, 'media_type')};base64,${requiredText(source, 'data')}`
  throw refused(
    `${source.path}.type`,
    `\`${source.path}.type\` is \`${type}\`: \`${blockPath}\` must bring its data (\`base64\`) or say where it is (\`url\`); files stored at Anthropic cannot be read by other providers.`,
  )
}

function documentParts(block: Placed, warnings: Warnings): Draft[] {
  const source = requiredObject(block, 'source')
  const title = textMember(block, 'title') ?? ''
  const context = textMember(block, 'context') ?? ''
  if (given(block.value, 'citations') !== undefined) warnings.add('`citations` of documents were dropped')
  const heading = [title, context].filter((text) => text !== '').join('\n')
  switch (requiredText(source, 'type')) {
    case 'text':
      return [textPart(headed(heading, requiredText(source, 'data')), block)]
    case 'content':
      return [
        ...(heading === '' ? [] : [{ type: 'text', text: heading }]),
        ...blocksOf(source, 'content').flatMap((inner) => partsOf(inner, warnings)),
      ]
    default: {
      const file = { filename: fileName(title), file_data: addressOf(source, block.path) }
      const about = context === '' ? [] : [{ type: 'text', text: context }]
      return [...about, { type: 'file', file, ...cacheControl(block) }]
    }
  }
}

function fileName(title: string): string {
  if (title === '') return 'document.pdf'
  return /\.[a-z0-9]{1,8}$/i.test(title) ? title : `${title}.pdf`
}

function searchResultPart(block: Placed): Draft {
  const heading = `${requiredText(block, 'title')}\n${requiredText(block, 'source')}`
  const texts = blocksOf(block, 'content').map((inner) => requiredText(inner, 'text'))
  return textPart(headed(heading, texts.join('\n')), block)
}

function headed(heading: string, text: string): string {
  return heading === '' ? text : `${heading}\n\n${text}`
}
