// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/html_assets.h"

namespace gimbal {

const std::string_view report_css = R"css(
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--text:#1a1f26;--muted:#5c6673;--line:#dde2e8;
--axis:#8a94a0;--grid:#e6eaee;--link:#1f5fbf;--good:#1b7a43;--look:#8a5a00;--bad:#b3261e;
--good-bg:#e4f4ea;--look-bg:#fdf1d8;--bad-bg:#fbe5e3}
@media(prefers-color-scheme:dark){:root{--page:#14171b;--card:#1d2126;--text:#e7eaee;--muted:#9aa4b0;
--line:#333a42;--axis:#6d7783;--grid:#2b3138;--link:#8ab4f8;--good:#6fd39b;--look:#f0c060;--bad:#ff8a80;
--good-bg:#17301f;--look-bg:#352a12;--bad-bg:#3b1c1a}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",
Roboto,"Noto Sans","DejaVu Sans",sans-serif}
main{max-width:1280px;margin:0 auto;padding:0 20px 60px}
h1{font-size:22px;line-height:1.3;margin:0}h2{font-size:17px;margin:30px 0 10px}
h3{font-size:14px;margin:22px 0 8px}p{margin:4px 0}
.verdict{border-left:8px solid;margin:20px 0 0;padding:16px 20px;border-radius:6px;display:flex;gap:16px;
align-items:center}
.verdict .icon{font-size:30px;line-height:1;font-weight:700}
.good{background:var(--good-bg);border-color:var(--good)}.good .icon{color:var(--good)}
.look{background:var(--look-bg);border-color:var(--look)}.look .icon{color:var(--look)}
.bad{background:var(--bad-bg);border-color:var(--bad)}.bad .icon{color:var(--bad)}
.muted,figcaption span{color:var(--muted)}
.remarks{list-style:none;margin:0;padding:0;background:var(--card);border:1px solid var(--line);
border-radius:6px}
.remarks li{padding:8px 14px;display:grid;grid-template-columns:84px 1fr;gap:12px;overflow-wrap:anywhere}
.remarks li+li{border-top:1px solid var(--line)}
.remarks small{display:block;color:var(--muted);font-size:13px}
.tag{font-weight:600;font-size:13px;white-space:nowrap}.tag.g{color:var(--good)}.tag.f{color:var(--bad)}.tag.w{color:var(--look)}
.tag.s{color:var(--muted)}
a{color:var(--link)}
.tools{display:flex;gap:14px;flex-wrap:wrap;align-items:center;margin:0 0 10px}
.tools label{display:flex;gap:6px;align-items:center}
input[type=search]{font:inherit;padding:4px 8px;border:1px solid var(--line);border-radius:4px;
background:var(--card);color:inherit;min-width:220px}
.tools button{font:inherit;padding:4px 12px;border:1px solid var(--line);border-radius:4px;
background:var(--card);color:inherit;cursor:pointer}
.wide{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:6px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:5px 12px;text-align:right;white-space:nowrap}
th{font-weight:600;white-space:normal;border-bottom:1px solid var(--line);vertical-align:bottom}
td{border-bottom:1px solid var(--grid)}tr:last-child td{border-bottom:0}
th.l,td.l{text-align:left}td.n{overflow-wrap:anywhere;white-space:normal}td.n{min-width:110px}td.n:last-child{min-width:220px;width:40%}
.clip{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:3;overflow:hidden}
th button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer;text-align:inherit}
th button:hover{text-decoration:underline}
th[aria-sort=ascending] button::after{content:" \25B2";font-size:10px}
th[aria-sort=descending] button::after{content:" \25BC";font-size:10px}
td.b{color:var(--bad);font-weight:600}td.w{color:var(--look);font-weight:600}
.series{background:var(--card);border:1px solid var(--line);border-radius:6px;margin:0 0 10px}
.series>summary{padding:10px 16px;cursor:pointer;font-weight:600;overflow-wrap:anywhere}
.series>summary span{font-weight:400;margin-left:10px}
.series>summary .b{color:var(--bad)}.series>summary .w{color:var(--look)}
.series>summary .g{color:var(--good)}td.g{color:var(--good);font-weight:600}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(170px,1fr));gap:8px 18px;margin:4px 0 12px}
.facts div{min-width:0}.facts dt{color:var(--muted);font-size:13px}.facts dd{margin:0;font-weight:600;
overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.says{margin:4px 0 12px;padding-left:20px;overflow-wrap:anywhere}
.looks{display:grid;gap:12px;margin:0 0 12px}.looks figure{margin:0;min-width:0}
.looks.two{grid-template-columns:repeat(2,minmax(0,1fr));max-width:900px}
.looks.five{grid-template-columns:repeat(5,minmax(0,1fr))}
.trio.one{display:block}.trio.one img,.trio.one svg{max-width:100%;width:100%}
.inside{padding:0 16px 16px}
.inside .remarks{background:none}
.inside details>summary{cursor:pointer;margin:14px 0 8px;font-weight:600;font-size:14px}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(340px,1fr));gap:8px 18px;margin:12px 0 0}
.plots svg{width:100%;height:auto;max-width:480px}
svg{font-family:inherit}rect{shape-rendering:crispEdges}svg path{fill:none;stroke-linejoin:round;stroke-linecap:round}
.ft{fill:var(--text)}.fm{fill:var(--muted)}.fa{fill:var(--axis)}.fg{fill:var(--grid)}.fx{fill:var(--bad)}
.st{stroke:var(--text)}.sm{stroke:var(--muted)}.sa{stroke:var(--axis)}.sg{stroke:var(--grid)}
.sx{stroke:var(--bad)}
svg g:hover>path,svg .at>path{stroke-width:2.6}svg .at>circle{stroke:var(--text);stroke-width:2}
svg .at>rect{opacity:.6}
#tip{position:fixed;z-index:9;pointer-events:none;background:var(--text);color:var(--page);padding:3px 8px;
border-radius:4px;font-size:13px;line-height:1.35;max-width:min(420px,80vw);overflow-wrap:anywhere;width:max-content}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(272px,1fr));gap:12px}
.cards figure{margin:0;border:1px solid var(--line);border-radius:5px;padding:6px;min-width:0}
.cards figure.f{border-color:var(--bad);background:var(--bad-bg)}
.cards figure.w{border-color:var(--look)}
.cards.small{grid-template-columns:repeat(auto-fill,minmax(150px,1fr))}
.cards label{display:flex;gap:6px;align-items:center;font-size:13px;cursor:pointer}
.crossed{position:relative}.crossed::after{content:"";position:absolute;inset:0;pointer-events:none;
border:2px solid var(--bad);background:linear-gradient(to top right,transparent calc(50% - 1px),
var(--bad) calc(50% - 1px) calc(50% + 1px),transparent calc(50% + 1px)),linear-gradient(to bottom right,
transparent calc(50% - 1px),var(--bad) calc(50% - 1px) calc(50% + 1px),transparent calc(50% + 1px))}
.way{list-style:none;display:flex;flex-wrap:wrap;gap:10px;margin:6px 0 12px;padding:0}
.way li{flex:1 1 150px;border:1px solid var(--line);border-top:4px solid var(--good);border-radius:5px;
padding:6px 10px;min-width:0;overflow-wrap:anywhere}.way span,.way small{display:block;font-size:13px}
.way li.w{border-top-color:var(--look)}.way li.f{border-top-color:var(--bad)}
.again{position:sticky;bottom:0;margin:14px 0 0;padding:12px 16px;background:var(--card);
border:2px solid var(--link);border-radius:6px}.again[hidden]{display:none}
.again textarea{width:100%;font:13px/1.4 ui-monospace,"DejaVu Sans Mono",monospace;background:var(--page);
color:inherit;border:1px solid var(--line);border-radius:4px;padding:6px 8px;resize:vertical}
.again button{font:inherit;padding:4px 12px;border:1px solid var(--line);border-radius:4px;
background:var(--page);color:inherit;cursor:pointer}
figcaption{display:flex;gap:8px;font-size:13px;line-height:1.4;margin-bottom:4px;
font-variant-numeric:tabular-nums}
figcaption b{min-width:52px}figcaption .r{margin-left:auto}
.trio{display:grid;grid-template-columns:repeat(3,1fr);gap:4px;width:100%;border:0;padding:0;background:none;
cursor:zoom-in;color:inherit}
.trio img,.trio svg{width:100%;height:auto;aspect-ratio:1;object-fit:contain;display:block}
.trio i{display:block;background:var(--grid)}
.trio svg{background:var(--page)}
.why{font-size:13px;overflow-wrap:anywhere;line-height:1.35}.f .why{color:var(--bad)}
dialog{border:1px solid var(--line);border-radius:6px;background:var(--card);color:var(--text);
width:min(1240px,96vw);padding:14px}
dialog::backdrop{background:#000a}dialog .trio{cursor:zoom-out;gap:10px}
dialog .trio.one img,dialog .trio.one svg{height:min(86vh,92vw)}
.options{columns:2 320px;padding:4px 16px 12px;margin:0}.options div{break-inside:avoid;display:flex;gap:10px}
.options dt{min-width:160px;color:var(--muted)}.options dd{margin:0;overflow-wrap:anywhere}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
@media(max-width:1000px){main{padding:0 12px 40px}table{font-size:13px}th,td{padding:4px 6px}
td.n:last-child{min-width:150px}}
@media print{.clip{display:block}:root{--page:#fff}body{font-size:11px}.tools,.again,.cards label,dialog{display:none!important}
main{max-width:none;padding:0}.cards figure,.plots svg,.remarks li,tr{break-inside:avoid}
.cards{grid-template-columns:repeat(4,1fr)}.series{border:0}.series>summary{padding:10px 0}.inside{padding:0}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
)css";

// Without it everything is still there: it sorts, filters, opens and enlarges.
const std::string_view report_script = R"js(
'use strict';
const all=(s,e=document)=>[...e.querySelectorAll(s)];
const value=(row,i)=>{const c=row.cells[i],t=c.textContent;return c.dataset.v===undefined?t==='–'?'':t:c.dataset.v===''?NaN:+c.dataset.v};
const prepare=root=>{for(const table of all('table.sort',root))all('th',table).forEach((th,i)=>{
  const b=document.createElement('button');b.type='button';b.append(...th.childNodes);th.append(b);
  b.onclick=()=>{
    const down=th.getAttribute('aria-sort')==='ascending'||(!th.hasAttribute('aria-sort')&&!th.classList.contains('l'));
    all('th',table).forEach(t=>t.removeAttribute('aria-sort'));
    th.setAttribute('aria-sort',down?'descending':'ascending');
    const body=table.tBodies[0],s=down?-1:1;
    const rows=[...body.rows].map((r,k)=>[value(r,i),k,r]);
    rows.sort(([a,k],[b,l])=>{
      if(typeof a==='string'&&!a!==!b)return !a-!b;
      if(typeof a==='string')return s*a.localeCompare(b,undefined,{numeric:true})||k-l;
      if(isNaN(a)||isNaN(b))return isNaN(a)-isNaN(b)||k-l;
      return s*(a-b)||k-l});
    body.append(...rows.map(r=>r[2]))}})};
prepare(document);
const find=document.getElementById('find'),only=document.getElementById('only');
const filter=()=>{const words=find.value.toLowerCase().split(' ').filter(w=>w);
  for(const e of all('[data-name]'))
    e.hidden=!words.every(w=>e.dataset.name.toLowerCase().includes(w))||(only.checked&&e.dataset.ok==='1')};
find.oninput=only.onchange=filter;filter();
const series=all('details.series');
const fill=d=>{const text=d.querySelector(':scope>script');if(!text)return;
  text.insertAdjacentHTML('beforebegin',text.textContent);text.remove();prepare(d)};
for(const d of series)d.addEventListener('toggle',()=>{if(d.open)fill(d)});
document.getElementById('open').onclick=()=>series.forEach(d=>d.open=!d.hidden);
document.getElementById('close').onclick=()=>series.forEach(d=>d.open=false);
const show=()=>{const d=document.getElementById(location.hash.slice(1));
  if(d&&d.tagName==='DETAILS'){d.hidden=false;d.open=true;d.scrollIntoView()}};
addEventListener('hashchange',show);show();
// The mark nearest to the mouse says what it is.
const tip=document.createElement('div');tip.id='tip';
const marks=svg=>svg.marks??=all('g',svg).flatMap(g=>{
  const t=g.firstElementChild;
  if(t&&t.tagName==='title'){g.setAttribute('aria-label',t.textContent);t.remove()}
  if(!g.hasAttribute('aria-label'))return [];
  const b=g.getBBox(),line=g.querySelector('path')&&Math.max(b.width,b.height)>12;
  return line?[]:[[b,g]]});
const nearest=(svg,e)=>{
  const list=marks(svg),m=svg.getScreenCTM(),p=new DOMPoint(e.clientX,e.clientY).matrixTransform(m.inverse());
  let least=(14/m.a)**2,found=null;
  for(const [b,g] of list){
    const x=Math.max(b.x-p.x,0,p.x-b.x-b.width),y=Math.max(b.y-p.y,0,p.y-b.y-b.height);
    if(x*x+y*y<least){least=x*x+y*y;found=g}}
  return found||e.target.closest('g[aria-label]')};
let said=null;
addEventListener('pointermove',e=>{
  const svg=e.target.closest&&e.target.closest('svg'),g=svg?nearest(svg,e):null;
  if(g!==said){
    if(said)said.classList.remove('at');
    if(g){g.classList.add('at');tip.textContent=g.getAttribute('aria-label');(dialog.open?dialog:document.body).append(tip)}
    else tip.remove();
    said=g}
  if(!g)return;
  const x=e.clientX+14,y=e.clientY+18;
  tip.style.left=Math.max(0,Math.min(x,innerWidth-tip.offsetWidth-8))+'px';
  tip.style.top=(y+tip.offsetHeight>innerHeight?e.clientY-tip.offsetHeight-10:y)+'px'});
let before=[];
addEventListener('beforeprint',()=>{before=all('details').filter(d=>!d.open);
  if(series.length<=20)before.forEach(d=>d.open=true)});
addEventListener('afterprint',()=>before.forEach(d=>d.open=false));
const dialog=document.querySelector('dialog');
addEventListener('click',e=>{
  if(dialog.open){dialog.close();return}
  const b=e.target.closest('.trio');if(!b)return;
  const f=b.closest('figure').cloneNode(true);dialog.replaceChildren(...f.childNodes);dialog.showModal()});
)js";

}  // namespace gimbal
