
const temml = require("temml"), options = {throwOnError: true, strict: true, trust: false, wrap: "none"};
const formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(formulas.map(([tex, displayMode]) => {
  try { return [temml.renderToString(tex, {...options, displayMode}), null]; }
  catch (error) { return [null, error.message.replace(/ at position[^]*/, "").trim()]; }
})));
