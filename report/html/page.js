(function(){'use strict';
var D=document,all=(s,e)=>{return[...(e||D).querySelectorAll(s)]};
function on(e,t,f){e.addEventListener(t,f)}
function el(n,c,t){var e=D.createElement(n);if(c)e.className=c;if(t)e.textContent=t;return e}
function button(t,f){var b=el('button','',t);b.type='button';on(b,'click',f);return b}
function places(svg){var p=[];(svg.getAttribute('data-x')||'').split(' ').forEach(r=>{r=r.split(',').map(Number);for(var i=0;i<r[2];i++)p.push(r[0]+i*r[1])});return p}
function chart(fig){
var box=fig.querySelector('.plotted'),svg=box&&box.querySelector('svg[data-x]'),plot=svg&&svg.querySelector('.plot'),rows=all('.data tbody tr',fig);
if(!plot||!rows.length)return;
var heads=all('.data thead th',fig).map(h=>{return h.textContent}),at=places(svg),home=plot.getAttribute('viewBox').split(' ').map(Number),view=home,row=-1,from=null;
var tip=el('div','tip'),hair=el('div','hair'),sel=el('div','sel'),reset=button('Whole run',()=>{zoom(home)});reset.className='reset';
tip.setAttribute('role','status');[tip,hair,sel,reset].forEach(e=>{e.hidden=true;box.appendChild(e)});
function frame(){var b=box.getBoundingClientRect(),k=svg.getBoundingClientRect(),s=k.width/svg.viewBox.baseVal.width,f=a=>{return +plot.getAttribute(a)*s};return{l:k.left-b.left+box.scrollLeft+f('x'),t:k.top-b.top+f('y'),w:f('width'),h:f('height'),b:b}}
function toX(f,x){return f.l+(x-view[0])/view[2]*f.w}
function fromX(f,px){return view[0]+(px-f.l)/f.w*view[2]}
function px(f,e){return e.clientX-f.b.left+box.scrollLeft}
function nearest(x){var n=0;for(var i=1;i<at.length;i++)if(Math.abs(at[i]-x)<Math.abs(at[n]-x))n=i;return n}
function show(i){
if(i<0||i>=rows.length){tip.hidden=hair.hidden=true;row=-1;return}
row=i;var f=frame(),x=toX(f,at[i]);
if(x<f.l-1||x>f.l+f.w+1){tip.hidden=hair.hidden=true;return}
var c=all('th,td',rows[i]).map(t=>{return t.textContent});
tip.textContent=c.map((t,k)=>{return t?(heads[k]+' '+t):''}).filter(Boolean).join('\n');
tip.hidden=hair.hidden=false;
hair.style.cssText='left:'+x+'px;top:'+f.t+'px;height:'+f.h+'px';
var right=x+14+tip.offsetWidth>box.scrollLeft+box.clientWidth;
tip.style.cssText='top:'+f.t+'px;left:'+(right?Math.max(0,x-14-tip.offsetWidth):x+14)+'px'}
function zoom(v){view=v;plot.setAttribute('viewBox',v.join(' '));var z=v!==home;reset.hidden=!z;fig.classList.toggle('zoomed',z);if(z){var a=rows[nearest(v[0])].cells[0].textContent,b=rows[nearest(v[0]+v[2])].cells[0].textContent;reset.textContent=a+' to '+b+' – whole run'}show(-1)}
on(box,'pointermove',e=>{var f=frame(),x=px(f,e);show(x<f.l-8||x>f.l+f.w+8?-1:nearest(fromX(f,x)));
if(from!==null){sel.hidden=false;sel.style.cssText='left:'+Math.min(from,x)+'px;width:'+Math.abs(x-from)+'px;top:'+f.t+'px;height:'+f.h+'px'}});
on(box,'pointerleave',()=>{if(from===null)show(-1)});
if(fig.classList.contains('zoom')){
on(box,'pointerdown',e=>{if(e.button||e.pointerType==='touch'||e.target===reset)return;from=px(frame(),e);box.setPointerCapture(e.pointerId);e.preventDefault();box.focus()});
on(box,'pointerup',e=>{if(from===null)return;var f=frame(),a=fromX(f,Math.max(f.l,Math.min(from,px(f,e)))),b=fromX(f,Math.min(f.l+f.w,Math.max(from,px(f,e))));from=null;sel.hidden=true;if(b-a>view[2]/50)zoom([a,home[1],b-a,home[3]])});
on(box,'dblclick',()=>{zoom(home)})}
on(box,'keydown',e=>{var k={ArrowRight:1,ArrowLeft:-1,PageDown:10,PageUp:-10}[e.key];
if(k){e.preventDefault();show(Math.max(0,Math.min(rows.length-1,row<0?(k>0?0:rows.length-1):row+k)))}
else if(e.key==='Home'||e.key==='End'){e.preventDefault();show(e.key==='Home'?0:rows.length-1)}
else if(e.key==='Escape'){show(-1);zoom(home)}});
on(box,'blur',()=>{show(-1)})}
function key(c){var k=c.getAttribute('data-k');return k===null?c.textContent.toLowerCase():+k}
function sortable(t){var body=t.tBodies[0],hs=all('thead th',t);hs.forEach((h,i)=>{var name=h.textContent;h.textContent='';
h.appendChild(button(name,()=>{var up=h.getAttribute('aria-sort')==='descending'||!h.hasAttribute('aria-sort')&&i===0;
hs.forEach(o=>{o.removeAttribute('aria-sort')});h.setAttribute('aria-sort',up?'ascending':'descending');
all('tr',body).map((r,n)=>{return[key(r.cells[i]),n,r]}).sort((a,b)=>{var c=a[0]<b[0]?-1:a[0]>b[0]?1:0;return(up?c:-c)||a[1]-b[1]}).forEach(x=>{body.appendChild(x[2])})}))})}
function filter(t){var l=el('label','filter',t.getAttribute('data-filter')),n=el('input'),says=el('span','note');n.type='search';l.appendChild(n);says.setAttribute('role','status');l.appendChild(says);t.parentNode.parentNode.insertBefore(l,t.parentNode);
on(n,'input',()=>{var q=n.value.toLowerCase(),k=0;all('tbody tr',t).forEach(r=>{var c=r.cells[0];r.hidden=(c.title||c.textContent).toLowerCase().indexOf(q)<0;if(!r.hidden)k++});says.textContent=q?' '+k+' of '+t.tBodies[0].rows.length:''})}
function theme(b,t){if(t)D.documentElement.setAttribute('data-theme',t);else D.documentElement.removeAttribute('data-theme');b.textContent='Theme: '+(t||'auto')}
function tools(){var d=el('div','tools'),t='';var b=button('',()=>{t=t===''?'light':t==='light'?'dark':'';theme(b,t)});theme(b,'');d.appendChild(b);D.body.appendChild(d)}
function data(){var p=D.querySelector('.get'),s=D.getElementById('gonogo-report');if(!p||!s||!self.DecompressionStream)return;
p.appendChild(button('Download the JSON',()=>{var t=atob(s.textContent.trim()),u=new Uint8Array(t.length);for(var i=0;i<t.length;i++)u[i]=t.charCodeAt(i);
new Response(new Blob([u]).stream().pipeThrough(new DecompressionStream('gzip'))).blob().then(b=>{var a=el('a');a.href=URL.createObjectURL(b);a.download=p.getAttribute('data-file');a.click();setTimeout(()=>{URL.revokeObjectURL(a.href)},9e3)})}))}
function lazy(f){var once=()=>{if(f.ready)return;f.ready=1;chart(f)};on(f,'pointerover',once);on(f,'focusin',once)}
self.gonogoEnhance=root=>{all('figure',root).forEach(lazy);all('table.sort',root).forEach(sortable);all('table[data-filter]',root).forEach(filter)};
self.gonogoEnhance(D);if(!D.querySelector('.tools'))tools();data();
addEventListener('beforeprint',()=>{all('section>details').forEach(d=>{d.open=true})});
})();
