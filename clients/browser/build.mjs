// Builds the client: `node build.mjs FOLDER` writes pelton.js, pelton.iife.js and pelton.d.ts there, and the arena's page;
// `node build.mjs --tests FOLDER` makes programs of the tests. The same source gives the same bytes.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const BANNER = "/* Pelton, MIT */";
const COMMON = {
  absWorkingDir: HERE,
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  mangleProps: /^_\w/, // what is private in TypeScript
  banner: { js: BANNER },
  logLevel: "warning",
};
// The page takes the client as everybody does: from pelton.js beside it.
const CLIENT_BESIDE = {
  name: "client-beside",
  setup: ({ onResolve }) => onResolve({ filter: /\/src\/index\.js$/ }, () => ({ path: "./pelton.js", external: true })),
};

const args = process.argv.slice(2);
const forTests = args[0] === "--tests";
const folder = resolve(args.at(-1));
mkdirSync(folder, { recursive: true });
if (forTests) await buildTests();
else {
  await buildClient();
  await buildArena();
}

async function buildClient() {
  const { outputFiles } = await build({ ...COMMON, entryPoints: ["src/index.ts"], write: false });
  const module = outputFiles[0].text;
  writeFileSync(join(folder, "pelton.js"), module);
  writeFileSync(join(folder, "pelton.iife.js"), script(module));
  writeFileSync(join(folder, "pelton.d.ts"), declarations());
}

async function buildArena() {
  const outfile = join(folder, "arena.js");
  await build({ ...COMMON, entryPoints: ["arena/main.ts"], plugins: [CLIENT_BESIDE], outfile });
  for (const name of ["arena.html", "arena.css"]) copyFileSync(join(HERE, "arena", name), join(folder, name));
}

// The module as a plain script with one global, `Pelton`: what it exports is returned by a function instead.
function script(module) {
  const [whole, names] = /export\{([^}]*)\};\s*$/.exec(module);
  const members = names.split(",").map((name) => name.split(" as ")).map(([here, there = here]) => `${there}:${here}`);
  const body = module.slice(BANNER.length, -whole.length).trim();
  return `${BANNER}\nvar Pelton=(()=>{"use strict";${body}return{${members.join(",")}}})();\n`;
}

async function buildTests() {
  const names = readdirSync(join(HERE, "test")).filter((name) => name.endsWith(".test.ts"));
  await build({
    absWorkingDir: HERE,
    entryPoints: names.map((name) => `test/${name}`),
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    sourcemap: "inline",
    logLevel: "warning",
    outdir: folder,
    outExtension: { ".js": ".mjs" },
  });
}

// One file of types: those of all modules, one behind the other, of which only what index.ts exports can be named.
function declarations() {
  const made = mkdtempSync(join(tmpdir(), "pelton-types-"));
  try {
    const tsc = join(HERE, "node_modules/typescript/bin/tsc");
    const flags = ["--noEmit", "false", "--emitDeclarationOnly", "--declaration", "--stripInternal", "--outDir", made];
    execFileSync(process.execPath, [tsc, "-p", join(HERE, "tsconfig.build.json"), ...flags], { stdio: "inherit" });
    const index = readFileSync(join(made, "index.d.ts"), "utf8");
    const exported = [...index.matchAll(/export (type )?\{([^}]*)\}/g)].flatMap(([, , names]) => names.split(","));
    const names = exported.map((name) => name.trim().replace(/^type /, "")).filter(Boolean);
    const modules = readdirSync(made).filter((name) => name.endsWith(".d.ts") && name !== "index.d.ts").sort();
    const texts = modules.map((name) => bare(readFileSync(join(made, name), "utf8")));
    return `${BANNER}\n\n${texts.join("\n")}\nexport { ${[...new Set(names)].sort().join(", ")} };\n`;
  } finally {
    rmSync(made, { recursive: true });
  }
}

function bare(text) {
  return text
    .replace(/^import [^;]*;\n/gm, "")
    .replace(/^export \{[^}]*\};\n/gm, "")
    .replace(/^export (declare |interface |type )/gm, "$1")
    .replace(/^ *private [^;]*;\n/gm, "");
}
