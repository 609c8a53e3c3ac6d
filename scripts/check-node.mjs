// Kept to what old versions of Node can parse: this file has to run in order to refuse them.
var least = [20, 19]
var parts = process.versions.node.split('.').map(Number)
if (parts[0] < least[0] || (parts[0] === least[0] && parts[1] < least[1])) {
  console.error(
    'Promptbox needs Node ' +
      least.join('.') +
      ' or newer; this is ' +
      process.versions.node +
      '. Install a newer one from https://nodejs.org, then run the command again.',
  )
  process.exit(1)
}
