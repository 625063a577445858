/** How the page looks: in light and dark, on a phone and on paper. */
import { inks, THEMES } from './looks.ts';

export function styleOf(brokers: readonly string[]): string {
  const colours = (theme: 'light' | 'dark') => `:root{${THEMES[theme]}${inks(brokers, theme)}}`;
  const own = brokers.map((broker) => `[data-ink="${broker}"]{color:var(--ink-${broker})}`);
  return [
    colours('light'),
    `@media screen and (prefers-color-scheme:dark){${colours('dark')}}`,
    ...own,
    BASE,
    TABLES,
    CHARTS,
    PARTS,
    NARROW,
    PRINT,
  ].join('\n');
}

const BASE = `
:root{color-scheme:light dark;--link:#0b5cad}
@media screen and (prefers-color-scheme:dark){:root{--link:#74b6ff}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--page);color:var(--text);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;
font-variant-numeric:tabular-nums}
header,main,footer{max-width:68rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .5rem;letter-spacing:-.01em}
h2{font-size:1.3rem;line-height:1.3;margin:3.5rem 0 .5rem;letter-spacing:-.005em}
h2.first{margin-top:1.25rem}
h3{font-size:1rem;margin:2rem 0 .25rem}
summary h3{display:inline;margin:0}
.run{padding:.4rem 0;border-bottom:1px solid var(--rule)}
p,li,dd{max-width:46rem;overflow-wrap:anywhere}
p{margin:.5rem 0}
a{color:var(--link);text-decoration-thickness:1px;text-underline-offset:.18em}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:2px}
code{font:.85em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
small,.quiet{color:var(--quiet);font-size:.85rem}
summary{cursor:pointer}
s{color:var(--quiet)}
.skip{position:absolute;left:-99rem;padding:.5rem 1rem;background:var(--page)}
.skip:focus{left:1rem;top:.5rem;z-index:1}
.ink{font-weight:600}
[data-off]{display:none!important}`;

const TABLES = `
.scroll{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;font-size:.9rem;line-height:1.4;min-width:100%}
caption{text-align:left;color:var(--quiet);font-size:.85rem;padding-bottom:.4rem}
th,td{padding:.4rem .75rem .4rem 0;text-align:left;vertical-align:top;
border-bottom:1px solid var(--rule)}
thead th{font-weight:600;color:var(--quiet);font-size:.8rem;vertical-align:bottom;
border-bottom:2px solid var(--rule)}
tbody th{font-weight:400;white-space:nowrap}
.n{text-align:right;white-space:nowrap}
thead .n{white-space:normal}
caption.said{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
td a{white-space:nowrap}
td small,th small{display:block;font-weight:400;line-height:1.35}
tr:target,li:target{background:var(--wash);outline:2px solid var(--link);outline-offset:2px}
.choose td:nth-child(n){max-width:13rem}
.choose .group{border-bottom:1px solid var(--rule);text-align:left;padding-top:.2rem}
.choose tbody tr:hover{background:var(--wash)}
.matrix{font-size:.85rem}
.matrix{table-layout:fixed;width:100%;min-width:44rem}
.matrix th:first-child{width:15rem}
.matrix th[scope=row]{white-space:normal;font-weight:600}
.matrix thead th{font-size:.85rem}
.matrix td a{text-decoration:none;color:inherit;border-bottom:1px solid var(--quiet)}
.matrix .broken{background:var(--wash);font-weight:700;box-shadow:inset 3px 0 var(--text);
padding-left:.6rem}
.matrix .not-tested,.matrix .not-judged{color:var(--quiet)}
details.compared{margin:.5rem 0;font-size:.9rem}
.notes{columns:19rem;column-gap:2rem;padding-left:1.1rem;color:var(--quiet);font-size:.85rem;
margin:.5rem 0}
.meanings{font-size:.85rem;color:var(--quiet);margin:.5rem 0}
.meanings dt{font-weight:600;margin-top:.5rem}
.meanings dd{margin:0}`;

const CHARTS = `
figure{margin:1.5rem 0 0}
figcaption h3{margin:0}
figcaption p{margin:.15rem 0 .75rem;color:var(--quiet);font-size:.9rem}
.panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr));
gap:1.25rem 2rem}
.panel h4{margin:0 0 .15rem;font-size:.85rem;font-weight:600}
.panel svg{display:block;width:100%;max-width:30rem;height:auto;color:var(--text)}
.panel svg a:hover{opacity:.7}
.summary{font-size:.85rem;color:var(--quiet);margin-top:.75rem}`;

const PARTS = `
.answer{border-left:4px solid var(--link);padding:.1rem 0 .1rem 1rem;margin:1rem 0}
.answer p{margin:.2rem 0;max-width:56rem}
.answer .take{font-size:1.1rem}
.answer ul,.needs ul{margin:.2rem 0;padding-left:1.1rem}
.facts{color:var(--quiet);font-size:.9rem;margin:0 0 1rem}
.filter{display:flex;flex-wrap:wrap;gap:.25rem 2rem;margin:1.25rem 0;padding:.6rem 0;
border:solid var(--rule);border-width:1px 0;font-size:.9rem}
.filter fieldset{border:0;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:0 1rem}
.filter legend{float:left;padding:.3rem 0;color:var(--quiet);margin-right:1rem}
.filter label{display:inline-flex;align-items:center;gap:.4rem;min-height:2rem}
.filter output{align-self:center;color:var(--quiet)}
.filter[hidden]{display:none}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:0 1.25rem;padding:0;margin:.25rem 0;
font-size:.9rem}
nav li{padding:.2rem 0}
.trials{list-style:none;padding:0;font-size:.85rem}
.trials li{padding:.45rem 0;border-bottom:1px solid var(--rule);max-width:none}
.trials code{display:block}
.repeats{position:sticky;top:0;background:var(--page);margin:.75rem 0 0;padding:.3rem 0}
.repeats+.trials li{scroll-margin-top:4rem}
footer{padding-top:2rem;padding-bottom:4rem;color:var(--quiet);font-size:.85rem}`;

/** The table to choose by becomes a card for each broker where it would be too wide. */
const NARROW = `
@media screen and (max-width:46rem){
body{font-size:15px}
.matrix{min-width:38rem}
.matrix th:first-child{width:8.5rem}
h1{font-size:1.45rem}
.choose thead,.choose caption{position:absolute;clip-path:inset(50%);width:1px;height:1px;
overflow:hidden}
.choose,.choose tbody,.choose tr,.choose td,.choose th{display:block;max-width:none}
.choose tr{padding:.75rem 0;border-bottom:2px solid var(--rule)}
.choose th{border:0;padding:.15rem 0}
.choose td{border:0;padding:.15rem 0 .15rem 10rem;position:relative;min-height:1.6rem}
.choose td:nth-child(n){max-width:none}
.choose .n{text-align:left;white-space:normal}
.choose .n small{display:inline;margin-left:.4rem}
.choose td::before{content:attr(data-head);position:absolute;left:0;width:9.5rem;
color:var(--quiet);font-size:.8rem;padding-top:.1rem}
.choose td:nth-child(3),.choose td:nth-child(6){margin-top:.6rem}
}`;

const PRINT = `
@media print{
@page{margin:14mm}
html{font-size:10.5px}
body{font-size:1rem}
header,main,footer{max-width:none;padding-left:0;padding-right:0}
.filter,.skip,nav{display:none}
a{color:inherit}
table{font-size:.85rem}
th,td{padding:.25rem .4rem .25rem 0}
thead th{overflow-wrap:anywhere}
td,tbody th,.n{white-space:normal}
.scroll{overflow:visible}
.matrix{min-width:0}
.matrix th:first-child{width:24%}
figure,.panel,tr,.trials li{break-inside:avoid}
h2,h3,h4{break-after:avoid}
.panels{grid-template-columns:repeat(2,1fr)}
.trials{columns:2;font-size:.75rem}
details.meanings,details.summary{display:none}
details::details-content{content-visibility:visible;block-size:auto}
}`;
