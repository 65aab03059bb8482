//! Proves that the built files need no browser newer than the baseline: syntax by parsing, newer functions
//! by their names, CSS by its rules. Run after `npm run build`.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse, type Node } from 'acorn';
import postcss from 'postcss';

import { newerCss, newerNames } from './baseline.ts';

const output = new URL('../build/_app', import.meta.url).pathname;

if (!existsSync(output)) {
  console.error('there is no build to check: run `npm run build` first');
  process.exit(1);
}

const findings = builtFiles(output).flatMap((file) => {
  const source = readFileSync(file, 'utf8');
  const found = file.endsWith('.js') ? checkScript(source) : file.endsWith('.css') ? checkStyles(source) : [];
  return [...new Set(found)].map((finding) => `${file.slice(output.length + 1)}: ${finding}`);
});

for (const finding of findings) console.error(finding);
if (findings.length > 0) process.exitCode = 1;

function builtFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function checkScript(source: string): string[] {
  const findings: string[] = [];
  // ES2022 without static blocks and `#field in object` is what Chromium 90 and Safari 15.4 both parse.
  walk(parse(source, { ecmaVersion: 2022, sourceType: 'module' }), (node) => {
    if (node.type === 'StaticBlock') findings.push('a static block in a class');
    if (
      node.type === 'BinaryExpression' &&
      isNode(node['left']) &&
      node['left'].type === 'PrivateIdentifier'
    ) {
      findings.push('`#field in object`');
    }
    if (node.type === 'Literal' && isRecord(node['regex'])) {
      if (/\(\?<[=!]/.test(String(node['regex']['pattern'])))
        findings.push('a look-behind in a regular expression');
    }
    const name = usedName(node);
    if (name !== null && Object.hasOwn(newerNames, name) && newerNames[name] === 'forbidden') {
      findings.push(`\`${name}\` is newer than the baseline`);
    }
  });
  return findings;
}

/** The name in `something.name` and `name()`: where built-in functions are used. */
function usedName(node: SyntaxNode): string | null {
  if (node.type === 'MemberExpression' && !node['computed']) return identifier(node['property']);
  if (node.type === 'CallExpression' || node.type === 'NewExpression') return identifier(node['callee']);
  return null;
}

function identifier(node: unknown): string | null {
  return isNode(node) && node.type === 'Identifier' && typeof node['name'] === 'string' ? node['name'] : null;
}

function checkStyles(source: string): string[] {
  const findings: string[] = [];
  const check = (where: (typeof newerCss)[number]['where'], text: string): void => {
    for (const rule of newerCss)
      if (rule.where === where && rule.pattern.test(text)) findings.push(rule.name);
  };
  const root = postcss.parse(source);
  root.walkRules((rule) => check('selector', rule.selector));
  root.walkAtRules((rule) => {
    check('at-rule', rule.name);
    if (rule.name === 'media') check('at-rule', rule.params);
  });
  root.walkDecls((declaration) => {
    check('property', declaration.prop);
    check('value', declaration.value);
  });
  return findings;
}

type SyntaxNode = Node & Readonly<Record<string, unknown>>;

function walk(node: unknown, visit: (node: SyntaxNode) => void): void {
  if (Array.isArray(node)) for (const child of node) walk(child, visit);
  if (!isNode(node)) return;
  visit(node);
  for (const child of Object.values(node)) if (typeof child === 'object') walk(child, visit);
}

function isNode(value: unknown): value is SyntaxNode {
  return isRecord(value) && typeof value['type'] === 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
