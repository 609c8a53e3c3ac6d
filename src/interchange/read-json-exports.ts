import { type Fields, NoteBook } from './fields.ts'
import { type FoundVersion, groupVersions } from './group-versions.ts'
import type { Imported, InterchangeFile } from './imported.ts'
import { parseJsonFile } from './json-file.ts'
import { objectsIn } from './json-objects.ts'

/**
 * Reads files of JSON that have an object for each prompt or version, wherever in them.
 *
 * @param read what one object holds: a version, or all of a prompt's.
 */
export function readJsonExports(
  files: readonly InterchangeFile[],
  read: (fields: Fields, file: InterchangeFile) => FoundVersion | readonly FoundVersion[],
): Imported {
  const books: NoteBook[] = []
  const found = files.flatMap((file) => {
    const book = new NoteBook(file.path)
    books.push(book)
    const value = parseJsonFile(file, book)
    return value === undefined ? [] : objectsIn(value, book).flatMap((fields) => read(fields, file))
  })
  return { prompts: groupVersions(found), notes: books.flatMap((book) => book.notes) }
}
