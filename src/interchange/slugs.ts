import { isAlias, isLabel } from '../contract/names.ts'
import type { NoteBook } from './fields.ts'

/** A slug of ours for a name of any kind: lower case, and `-` for what a slug cannot have. Empty names give `prompt`. */
export function toSlug(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_.-]+/g, '-')
    .replaceAll(/^[-_.]+|[-.]+$/g, '')
    .slice(0, 128)
  return plain === '' ? 'prompt' : plain
}

/** Name of a file without folders and endings: `prompts/Support Reply.prompt.md` is `Support Reply`. */
export function stemOf(path: string): string {
  const base = path.split('/').at(-1) ?? path
  return base.replace(/(?:\.(?:prompt|md|markdown|txt|json|ya?ml|toml|py|[cm]?[jt]sx?|sh))+$/i, '')
}

/** The slug, and the old name as an alias where it can be one, so that old references go on. */
export function named(
  name: string,
  field: string,
  book: NoteBook,
): { readonly slug: string; readonly aliases: readonly string[] } {
  const slug = toSlug(name)
  if (slug === name) return { slug, aliases: [] }
  const aliases = isAlias(name) ? [name] : []
  const also = aliases.length > 0 ? ' The old name resolves too, as an alias.' : ''
  book.add('changed', field, `'${name}' is called \`${slug}\` here.${also}`)
  return { slug, aliases }
}

/** The alias when it can be one; else that is said. */
export function aliasOf(id: string | undefined, field: string, book: NoteBook): readonly string[] {
  if (id === undefined || id === '') return []
  if (isAlias(id)) return [id]
  book.add('dropped', field, `'${id}' cannot be an alias, so old references to it do not resolve.`)
  return []
}

/** A label of ours for one of any kind; null: it cannot be one, which is said. */
export function labelOf(label: string, field: string, book: NoteBook): string | null {
  if (isLabel(label)) return label
  if (label === 'latest') {
    book.add('info', field, '`latest` is no label here: it always means the newest version.')
    return null
  }
  const ours = label
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, 64)
  if (!isLabel(ours)) {
    book.add('dropped', field, `'${label}' cannot be a label.`)
    return null
  }
  book.add('changed', field, `The label '${label}' is called \`${ours}\` here.`)
  return ours
}
