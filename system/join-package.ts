#!/usr/bin/env node
// Joins the modules of an npm package where it is installed: each way in that its `exports` name becomes one file, with what
// several of them share in files beside them. For packages of hundreds of small modules, of which every process of the
// appliance would resolve, read and link each at its start. Types, names and behaviour stay as they are.
//
//     join-package.ts node_modules/typebox

import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { rolldown } from 'rolldown'

const [folder = ''] = process.argv.slice(2)
const { exports }: { exports: Record<string, { default: string }> } = JSON.parse(
  readFileSync(join(folder, 'package.json'), 'utf8'),
)
const files = Object.values(exports).map(one => one.default)
const joined = join(folder, '.joined')

const bundle = await rolldown({
  input: Object.fromEntries(files.map(file => [file.replace(/^\.\/|\.mjs$/g, ''), join(folder, file)])),
  platform: 'node',
  onLog: (_level, { message }) => {
    throw new Error(message)
  },
})
await bundle.write({ dir: joined, entryFileNames: '[name].mjs', chunkFileNames: 'build/joined-[hash].mjs' })
await bundle.close()

for (const entry of readdirSync(joined, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue
  const from = join(entry.parentPath, entry.name)
  renameSync(from, join(folder, relative(joined, from)))
}
rmSync(joined, { recursive: true })
