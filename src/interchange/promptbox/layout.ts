/*
 * Where the parts of prompts stand in a directory, for imports and for `prompts_dir` alike: `<slug>/prompt.yaml` with
 * `<slug>/versions/0001.yaml` and so on, or one file `<slug>.yaml`. Endings: `.yaml`, `.yml`, `.json`.
 */

export const promptFileName = /^prompt\.(?:yaml|yml|json)$/
export const dataFileName = /\.(?:yaml|yml|json)$/
const versionFileName = /^(\d{1,9})\.(?:yaml|yml|json)$/

export interface VersionFile {
  readonly name: string
  readonly number: number
}

/**
 * The files of a `versions` folder by number, from 1 without a gap; what is wrong with the others is a sentence with the name
 * of the file it stands for. Hidden files do not count.
 */
export function versionFiles(names: readonly string[]): {
  readonly files: readonly VersionFile[]
  readonly mistakes: readonly { readonly name: string; readonly message: string }[]
} {
  const mistakes: { name: string; message: string }[] = []
  const found: VersionFile[] = []
  for (const name of [...names].sort()) {
    if (name.startsWith('.')) continue
    const digits = versionFileName.exec(name)?.[1]
    if (digits === undefined) {
      const message = 'A file of a version is named for its number, such as 0001.yaml. Rename it or move it elsewhere.'
      mistakes.push({ name, message })
      continue
    }
    found.push({ name, number: Number(digits) })
  }
  const files = [...found].sort((left, right) => left.number - right.number)
  for (const [index, { name, number }] of files.entries()) {
    if (number === index + 1) continue
    const isTwice = files[index - 1]?.number === number
    const message = isTwice
      ? `Version ${number} is there twice. Keep one of the files.`
      : `Versions are numbered from 1 without a gap: this is number ${number}, and ${index + 1} is missing.`
    mistakes.push({ name, message })
    break
  }
  return { files, mistakes }
}
