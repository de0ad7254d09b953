/** The style of the page. */

export const STYLE = `
:root{color-scheme:light dark;--ink:#1c2430;--dim:#6b7685;--paper:#fff;--card:#f6f8fa;--rule:#d9dee5;--blue:#0b6bcb;--good:#1a7f37;--bad:#b3420a}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ee;--dim:#93a0b1;--paper:#14181f;--card:#1b212a;--rule:#2b323d;--blue:#6cb2ff;--good:#63d683;--bad:#ff9e64}}
*{box-sizing:border-box}[hidden]{display:none!important}
body{margin:0 auto;max-width:1120px;padding:20px;font:14px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
header{display:flex;gap:12px;align-items:center;flex-wrap:wrap;margin-bottom:16px}
h1{font-size:20px;margin:0}h2{font-size:13px;margin:0 0 8px;color:var(--dim);text-transform:uppercase;letter-spacing:.04em}
header form,#leave{margin-left:auto}.dim{color:var(--dim)}
.badge{padding:2px 10px;border-radius:10px;background:var(--rule)}.badge.ready{background:var(--good);color:var(--paper)}.badge.recovering,.badge.closed{background:var(--bad);color:var(--paper)}
#problem{padding:8px 12px;border:1px solid var(--bad);border-radius:6px;color:var(--bad)}
main{display:grid;grid-template-columns:repeat(3,1fr);gap:14px}
section{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:12px 14px;min-width:0}
.wide{grid-column:span 2}.all{grid-column:1/-1;overflow-x:auto}
dl{display:grid;grid-template-columns:auto 1fr;gap:2px 14px;margin:0}dt{color:var(--dim)}dd{margin:0;text-align:right;overflow-wrap:anywhere}
svg{display:block;width:100%;height:120px}polyline{fill:none;stroke:var(--blue);stroke-width:2}circle{fill:var(--blue)}
svg line{stroke:var(--rule)}svg text{font:10px system-ui,sans-serif;fill:var(--dim)}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:4px 8px;border-bottom:1px solid var(--rule);vertical-align:top}
th{color:var(--dim);font-weight:normal}td.text{white-space:pre-wrap;overflow-wrap:anywhere;width:50%}td.time{white-space:nowrap;color:var(--dim)}
.delivered,.sent{color:var(--good)}.failed,.unknown{color:var(--bad)}
#send{display:flex;gap:12px;align-items:flex-end;flex-wrap:wrap}#send label{display:flex;flex-direction:column}
#send label:nth-child(2){flex:1 1 240px}#send label:nth-child(3){flex-direction:row;gap:4px;padding-bottom:5px}
input,textarea,button{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--rule);border-radius:6px;padding:5px 8px}
button{background:var(--blue);color:var(--paper);border:0;padding:6px 14px;cursor:pointer}
@media (max-width:760px){main{grid-template-columns:1fr}.wide{grid-column:auto}}
`;
