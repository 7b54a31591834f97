// Writes openapi/asyncapi.yaml and openapi/asyncapi-2.6.yaml from the schemas and the grammar of the QBO surface. With
// --check: fails when a committed document differs or is not valid.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { DiagnosticSeverity, Parser } from '@asyncapi/parser'
import { asyncapi3, asyncapi26, yamlOf } from '../src/api/qbo/asyncapi/document.ts'

const documents = { 'asyncapi.yaml': asyncapi3(), 'asyncapi-2.6.yaml': asyncapi26() }

for (const [name, document] of Object.entries(documents)) {
  const file = fileURLToPath(new URL(`../openapi/${name}`, import.meta.url))
  const text = yamlOf(document)
  if (!process.argv.includes('--check')) writeFileSync(file, text)
  else {
    const { diagnostics } = await new Parser().parse(text)
    const faults = diagnostics.filter(({ severity }) => severity === DiagnosticSeverity.Error)
    if (faults.length > 0) fail(`openapi/${name} is not valid: ${JSON.stringify(faults, null, 2)}`)
    if (readFileSync(file, 'utf8') !== text)
      fail(`openapi/${name} is not what the schemas say: run scripts/asyncapi.ts`)
  }
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
