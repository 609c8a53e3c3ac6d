// The words are veiled, so that nobody meets them by chance: see `../veil.ts`, which also says how to read and add some.
import type { WordList } from '../word-list.ts'

/** English. */
export const english: WordList = {
  profanity: `
    chffl{nff,obl,ubyr,ubyrf,yvcf,yvpxre,yvpxvat,shpx,juvccrq,tenoore,tenoovat,ung}!
    cvff{,rq,rf,re,ref,vat,l,va,bss,urnq,urnqf,cbg,syncf,gnxre,gnxvat,nag,fgnva,jvmneq} *shpx*!
    shpx{f,rq,re,ref,va,vat,snpr,urnq,jvg}! zbgure{shpxre,shpxref,shpxvat,shpxva}!
    shx{,f,rq,re,ref,va,vat,xva,xvat,xre,xref,x,xn}! shd shdf shdva shp shppva shpp shppvat shxvat shpxx
    shhpx{,f,va,vat,rq,re} spx{,f,q,rq,re,ref,va,vat,a}! sxa sxva sxvat sxq sphx{,f,rq,re,va,vat}
    sipx{,f,rq,re,ref,va,vat} skpx{,f,rq,va,vat} cuhpx{,f,rq,re,ref,va,vat} cuhx{,f,rq,re,va,vat} shtt{va,vat}
    shk shkrq shkvat zbsb{,f} zbguns{hpxn,hpxnf} zhgunshxn{,f} zbgurespxre{,f} zhgures{hpxre,hxre}{,f}
    zbgunshxn{,f} zsre{,f} zsvat zsxa fgsh tgsb ssf~ jgs~ bzst~ yzsnb~ fgshc xlf
    fuvg{,f,grq,gre,gref,gva,gvat,gl,gvre,gvrfg,gvyl,gvarff,gr,gg,l}! fuvvg{,f,gl,gvat} fuvrrg furrvg furvg
    fuvrg fuvng fulg{,r,f,gl} fuvq
    fuvg{urnq,urnqf,snpr,snprq,ubyr,ubyrf,ont,ontf,oveq,oenva,oenvarq,oenvaf,pna,pnaarq,pnaavat,srfg,srfgf,sver,unjx,urry,ubhfr,ubhfrf,xvpxre,xvpxref,ybnq,ybnqf,yvfg,yvfgf,ybeq,ybeqf,cbfg,cbfgf,cbfgre,cbfgref,cbfgvat,cbfgrq,fubj,fubjf,fgnva,fgnvaf,fgvpx,fgbez,fgbezf,fgveere,fgveevat,gnyx,gnyxf,gnyxrq,gnyxre,gnyxvat,jbex,jbexf,pbva,pbvaf,obk,rngre,rngref,rngvat,jrnfry,jvg,jvgf,yrff,nff,nffrf,gba,gbaf,cvyr,cvyrf,zbovyr,yvo,yvof,gneq,gneqf,phag,phagf,ahttrg,ahttrgf,fnpx,fnpxf,fnaqjvpu,onyyf,fgrz,pnxr,gnfgvp,jngre,ohyy,ubhfr}
    {ohyy,ubefr,qvc,puvpxra,ong,ncr,qbt,eng,wnpx,pbj,oveq,ubg,ubyl,rng,bu,qhzo,bjy,gbhtu,fnzr,ab,cvrpr,ongpu,cvrprbs,cvrprfbs,shyybs,rngn,pebpxbs,cvt,junyr,orne,tbof}fuvg{,f,gre,gref,grq,gvat,gl}!
    ohyyfulg fuvgr{,f,unjx,unjxf,ubhfr} fuvgrq ohyypenc~ nff nffrf
    nff{ubyr,ubyrf,ung,ungf,jvcr,jvcrf,pybja,pybjaf,snpr,snprf,shpx,urnq,urnqf,zhapu,zhapure,zhapuref,yvpxre,yvpxref,yvpxvat,xvffre,xvffref,xvffvat,ont,ontf,ubr,ubrf,gneq,gneqf,wnpxre,wnpxref,zbaxrl,zbaxrlf,cvengr,cvengrf,onaqvg,onaqvgf,tboyva,tboyvaf,jnq,jnqf,encr,encvfg,ubyrel,ubyrq,ubyvfu,uby,jubyr,juvccrq,jubbcvat,rngvat,purrxf,penpx,penpxf,ohgg,avttn,ovgpu,shpxre,shpxref,enzre,ernzre,enzzre}!
    nffpybja
    {qhzo,wnpx,sng,ynml,oebxr,ovgpu,chax,fghcvq,htyl,pnaql,yneq,gvtug,ovt,qrnq,oner,jrnx,penml,qng,lb,lnyy,ln,lbhe,zl,uvf,ure,ohz,snxr,ubr,avttn,byq,pbeal,ynzr,phag,qvpx,qvegl,anfgl,oebnq,ovtt,cung,guvpx,chffl,fyhg,juber,ub,tnl,engpurg,gevpx,genfu,fbeel,gevsyva,ergneq,ubefr,zbaxrl,cnag,shpx,fuvg,fxvaal,svar,lbhat,ungvat,purngvat,purnc,gverq,fvyyl,frysvfu,ehqr,ybat,snttbg,snt,onyq,ohooyr,fdhner,whvpl}nff{,rf,rq}
    {onq,fzneg,uneq,jvfr,xvpx,unys,cnva}nff{,rf,rq,rel}~
    nefr{,f,ubyr,ubyrf,jvcr,jvcrf,ung,ungf,snpr,yvpxre,yvpxref} nefrq~ nmm nmmrf nmmubyr{,f} n{ubyr,ubyrf}
    nffuby nffuybr nfubyr{,f} nffjubyr ovgpu*! ovgpu{rf,l,vat,va}!
    {fbabsn,fbafbs,fbabs,onfvp,onq,qhzo,fghcvq,penml,htyl,sng,znva,fvqr,fba,fhcre,lbhe,zl,gung,guvf,juvgr,oynpx,cflpub,fxvaal,cbbe,evpu,snxr,yvy,yvggyr,url,ohgg,gungfzl,obff,shpx,shpxguvf,shpxn,lrf,lb,nff,juber,fyhg,phag,chax,rivy,genfu}ovgpu{,rf,nff,l}!
    fhzovgpu{,rf} fbzrovgpu ovngpu{,rf} orrlbgpu orbgpu orlbgpu ovbgpu olgpu{,rf} ovpu{,rf} ovvgpu{,rf} ovgku
    ovuu ovurf ogpu{,rf} ovnpu ovmangpu ovgp ovgup ovbgpurf ovmmvgpu phag*! phagf!
    {qhzo,fghcvq,shpx,fvyyl,shpxvat,sng,byq,ynml,htyl,fvpx,fuvg,znq}phag{,f}! xhag{,f} piag{,f} phagg pbpx~
    pbpxf~
    pbpx{fhpxre,fhpxref,fhpxvat,fhpx,fhpxrq,fhk,urnq,urnqf,oybpx,oybpxf,oybpxrq,oybpxre,oybpxref,oybpxvat,snpr,snprf,ont,ontf,jbzoyr,jbzoyrf,zhapu,zhapure,fyhg,fyhgf,grnfr,grnfre,fzbxre,fzbxref,fzbxvat,tbooyre,tbooyref,juber,juberf,xabpxre,abfr,evqre,jnq,jnssyr,tboyva,whttyvat,ybire}!
    {ubefr,qbt,qbaxrl,unys,ovt,oynpx,uhtr,shpx}pbpx{,f} pnjx{,f} xnjx xbxfhpxre pbxfhpxre{,f} qvpx^ qvpxf^
    qvpx{urnq,urnqf,snpr,snprf,ont,ontf,jnq,jnqf,jrrq,jrrqf,ubyr,ubyrf,yrff,fhpxre,fhpxref,fhpxvat,fhpx,fhpxrq,fhpxf,evqvat,evqre,evqref,grnfr,grnfre,cvp,cvpf,abfr,jrnfry,jrnfryf,purrfr,fync,fynccrq,zvyx,cevag,cevagf,jvcr,oenva,oerngu,shpx,shpxre,orngre,orngref,rq,vat,vfu,sre,purrfr,enfu,fcynfu,fjvatvat,zngvmrq,zbhgu,yvpx,yvpxre,yvpxvat,rngre,obl}!
    {fhpxzl,ovtoynpx,ovt,fznyy,gval,ubefr,qbt,qbaxrl,juvfxrl,yvzc,arrqyr,crapvy,shpx,ohgg,fhpx,fhpxn,rngn,nff}qvpx{,f}
    qvpp{,f} qvxx{,f} qvxurnq chffl chffvrf chfflf chffvr chfffl chffv chfl chffnl cbbfl cvfrq penc~ pencf~
    penc{cl,cvre,cvrfg,crq,cvat,cre,byn,ybnq,ubyr,ubyrf,srfg,gnfgvp,ont,fubbg,cvyr,ubhfr,urnq}~ qnza~ qnzarq~
    qnzavg~ qnzzvg~ qnz{vg,za,avg}~ tbqqnz{,a,arq,avg,zvg,vg}~ tbgqnz{,a}~ tbqnza{,rq,vg}~ tnjqqnza~ qnlhz~
    uryyubyr~ uryyhin~ oybbqluryy~ onfgneq{,f,yl,rq}!
    {sng,ynml,fghcvq,qhzo,qvegl,penml,eng,vatybhevbhf,fvpx,cbbe,shpx}onfgneq{,f} onfgreq{,f} onfgvq onfgheq{,f}
    obyybpx{,f,rq,vat}~ obyyvk~ obyybk ohttre{,f,l,rq,vat}~
    jnax{,re,ref,rq,vat,f,l,fgnva,fgnvaf,srfg,funsg,cbg}! gbffre{,f}~
    gjng{,f,grq,gvat,gl,jnssyr,jnssyrf,urnq,snpr,ubyr}! zvatr{,f} oryyraq{,f} xabournq{,f} xaboraq{,f}
    xaboore{,f} tbofuvgr{,f} qvpxvfu cvyybpx{,f}~ ahzcgl~ ahzcgvrf~ zhagre{,f} fynccre{,f}~ fbqqvat~ fbqbss
    nefruby ubr~^ ubrf~ ubr{nff,ont,ontf,vfu,vat,va,gry}~ {gubg,ubbq,qvegl,fvqr,gurz,gurfr,fgnax,onq}ubr{,f}
    ubrm gubg{,f,gl,gvrf,vnan} fyhg{,f,gl,gvre,gvrfg,ont,ontf,snpr,funzvat,funzr,funzrq,qbz,jnyx,gvat,gvfu}!
    fxnax{,f,l,vre,vrfg} juber{,f,q,ubhfr,ubhfrf,ont,ontf,zbatre,zbatref,zbatrevat,vfu,vat,qbz}!
    {zna,nggragvba,pnzren,zrqvn,penpx,snzr,tbyq,xnezn,qhzo,phz,pbpx}juber{,f} jube{,rf} ubbxre~^ ubbxref~^
    fxrrmre{,f} fynccre~ qbhpur{,f,l,ont,ontf,onttrel,oeb,oebf,abmmyr,pnabr,pnabrf,snpr,ung,jnssyr,ybeq,l}
    wnpxbss{,f} wrexbss{,f} wntbss{,f} ohggubyr{,f} ohggurnq{,f} ohggsnpr{,f} ohgguheg~ ohggzhapu ohggyvpxre{,f}
    ohggcyht~ ohatubyr{,f} pbeaubyr{,q} ahgfnpx{,f} onyyfnpx{,f} onyyfhpxre{,f} ahgyvpxre onyyont{,f}
    qvatyroreel qvatyroreevrf gheq{,f,ohetre,snpr,ont} sneg~ snegf~ snegrq~ snegvat~ snegsnpr{,f} snegxabpxre
    wvmm{,rq,vat,rf,ent,fgnva} wvfz wvmz
    phz{fubg,fubgf,fyhg,fyhgf,qhzcfgre,qhzcfgref,ohpxrg,ohpxrgf,thmmyre,thmmyref,thmmyvat,fgnva,fgnvaf,ent,entf,ohooyr,ohooyrf,snpr,juber}!
    ohxxnxr oybjwbo{,f} unaqwbo{,f} evzwbo{,f} sbbgwbo{,f} gvgwbo gvgshpx gvggvrf gvggl gvgg{vr,lf} gvgf~
    gvg{urnq,fhpxre} obbovrf~ obbof~ pbbpu{,vr,vrf,l}~ cbba{,gnat,nav} chanav chanal dhrrs{,f,rq,vat}
    fpuybat{,f} qvpxubyr zvatre{,f}~ pyhfgres qhzos zvaqs ohzshpx rssvat~ sevttvat~ sevttva~ sevpxva~ sevpxvat~
    ohzubyr{,f} nefrjvcr funeg{,rq,f} rngfuvg fhpxqvpx tbshpx fhk~ fhkk~
    fuvg{fxva,fxvaf,fgnoore,fgnooref,oerngu,pnaarq,shpxre}! pvepyrwrex{,f,vat} phzqhzc{,f,fgre} zbgunshttva dhvz
    fchax~ jgns~ tgsbu shone~ srpx{,vat,va,re}~ sbbx{,vat,va,re}! pebgpuebg xabowbpxrl{,f} abournq{,f} fpebgr
    zhguns crpxre~ crpxreurnq{,f} nefrshpx gjngsnpr tbngfr ohggshpx xhzzvat ovmavgpu oybbqpynng ohzonpybg
    ohzobpynng obzobpynng chfflpynng enffpynng
  `,
  slur: `
    furobba{,f} fuvgfxva{,f} tnlybeq~^ tnlnff tnlgneq{,f} jvttn{,f} fcvpx{,f}~ *avttre*! *avttn*! avttre{f}!
    avttn{f}! avtt{nu,nuf,nm,hu,huf,yrg,yrgf,erff,n,nf,eb,ve,vfu,l,hm,re}! avt{yrg,yrgf,abt,abtf,eb,ebf,tl}!
    avtf~ avt~ avtn{,f,m}! avppn{,f} avxxn{,f} avxxre{,f} avten{,f}~ avtthu avttyrg artebvq{,f} jvttre{,f}
    juvttre{,f} wvtnobb{,f} cbepuzbaxrl{,f} whatyrohaal whatyrohaavrf fcrnepuhpxre{,f} qnexvr{,f} qnexrl{,f}
    cvpxnavaal cvpxnavaavrf gneonol fnzob~^ pbbaf~ pbggba{cvpxre,cvpxref}~ avtabt pbbagbja zbbapevpxrg{,f}
    xahpxyrqenttre{,f} tebvq{,f} xnssvef fcvp~ fcvpf jrgonpx{,f} ornare{,f} ternfronyy{,f} puvax~ puvaxf puvaxl
    puvaxvrf puvatpubat tbbx{,f} tbbxf mvccreurnq{,f} fynagrlr{,f} fynagrlrq puvanzna puvanzra wnc~ wncf
    xvxr{,f} xlxr{,f} urro{,f} muvq wrjobl puevfgxvyyre{,f} cnxv~ cnxvf enturnq{,f} gbjryurnq{,f}
    pnzrywbpxrl{,f} pnzryshpxre qbgurnq{,f} fnaqzbaxrl{,f} zhmmvr{,f} zhmeng{,f} zhqfyvzr{,f} zbbfyvz~ tlccb{,f}
    cvxrl{,f} tlcb{,f} vawha{,f} noob{,f} qntb{,rf,f}~ jbcf cbynpx{,f} obuhax{,f} ubaxrl{,f} penpxn{,f}~
    crpxrejbbq{,f} erqarpx~ erqarpxf~ juvgrgenfu~ tjrvyb~ fhouhzna{,f}~ hagrezrafpu{,ra} *snttbg*! snttbgf!
    snttvg{,f} snttrg{,f} sntbg~ sntbgf~ snt~ sntf snttl sntt{,n,f,rq~}
    snt{ont,unt,untf,gneq,gneqf,obl,tbg,tbgf,tbgel,ybeq,snpr,nff,urnq,yrg,yrgf,zrvfgre}! cunt{,tbg,tbgf} stg{,f}
    qlxr~^ qlxrf~ ohyyqlxr{,f} yrfob{,f} yrmob{,f} yrmmvr{,f} yrmmre{,f} genaal~ genaalf genaavrf genaavr{,f}
    gebba{,f} furznyr{,f} urfur ynqlobl{,f}~ ubzb~^ ubzbf~ ubzbgneq dhrre~ dhrref~ dhrreonvg dhrrezb cbbsgre{,f}
    cbbs~ cbbsf~ shqtrcnpxre{,f} pnecrgzhapure{,f} ehtzhapure{,f} ohggcvengr{,f} cvyybjovgre{,f} ongglobl{,f}
    ongglzna anaplobl{,f} ergneq~ ergneqf ergneqrq~
    {yvo,shpx,er,pbafrein,ercho,qrzb,pbzzvr,fuvg,qvpx,snt,gehzc,fcnm,bonzn,cnhy,encr,puevfg,anmv,juvgr,phpx,uvccvr}gneq{,f,rq}
    ergneqb errgneq{,f} ergneg{,f,rq} zbatbybvq{,f} fcnm~ fcnmm fcnfgvp~ fcnfgvpf~ fcnmgvp fcret{,f,vat,l}
    jvaqbj{yvpxre,yvpxref} phpx{,f,rq,byq,byqf,rel,freingvir,freingvirf}~ fblobl{,f} srzbvq{,f} sbvq{,f}
    ebnfgvr{,f} srzvanmv{,f} phzfxva{,f} ynaqjunyr{,f} unzcynarg{,f} arterff wrjrff~ fuvxfn~ fulybpx~ gbjryurnqf
    ornare
  `,
  insult: `
    qhzo{urnq,urnqf,ahg,ahgf,b,nefr,nffrel,jvg,jvgf}~ cngurgvp~ ybfre{,f}~ fghcvq~
    fghcvq{re,rfg,yl,vgl,f,nff,b}~ fgbbcvq~ fgbbcvq{re}~ fghcvg~ vqvbg~ vqvbgf~ vqvbgvp~ vqvbgvpnyyl~ vqvbpl~
    vqvbpvrf~ vqrbg{,f}~ zbeba~ zbebaf~ zbebavp~ zbebavpnyyl~ vzorpvyr{,f}~ vzorpvyvp~ qhzo~ qhzore~ qhzorfg~
    qhzob~ qhzoarff~ qvzjvg{,f,grq}~ avgjvg{,f}~ unysjvg{,f,grq}~ shpxjvg ahzofxhyy{,f}~ ahzfxhyy{,f}~ ahzoahgf~
    qbyg{,f,vfu}~ qhapr{,f}~ pergva{,f,bhf}~ vtabenzhf{,rf}~ fvzcyrgba{,f}~ avapbzcbbc{,f}~ ohssbba{,f,vfu,rel}~
    oybpxurnq{,f}~ obarurnq{,f,rq}~ nveurnq{,f}~ cvaurnq{,f}~ zrngurnq{,f}~ oveqoenva{,f,rq}~ oenvaqrnq~
    oenvayrff~ qbbshf{,rf}~ qjrro{,f}~ unysjvgf~ ybjyvsr{,f}~ ahgwbo{,f}~ ahgpnfr{,f}~ ahgont{,f}~ jvatahg{,f}~
    zbbaong{,f}~ jnpxb{,f}~ junpxb{,f}~ jrveqb{,f}~ fphz~ fphz{ont,ontf,zl,fhpxre}~ fyrnmront{,f}~
    fyrnmr{,onyy,onyyf}~ fyvzronyy{,f}~ qvegont{,f}~ qvegonyy{,f}~ qbhpu{,ont} fbabsntha~ genfuont~
    creireg{,f,rq}~ crei{,f,l}~ crqb{,f}~ cnrqb{,f}~ perrcb~ pelonol~ pelonovrf~ jhff{,l,vrf}~ yneqnff
    yneq{b,onyy}~ shtyl~ wnpxjntba~ ovzob{,f}~
  `,
  sexual: `
    cbea{,b,bf,f,uho,fgne,fgnef,btencul,btencuvp}~ ce0a uragnv~ pnztvey{,f} pnzjuber{,f} tnatonat{,f,rq,vat}!
    pernzcvr{,f} qrrcguebng{,f,rq,vat} pyvg{,f,bevf} phz phzf phzzvat^ phzzrq obare{,f} qvyqb{,f,rf} zvys{,f}
    alzcub{,f} ubeal~ guerrfbzr{,f} znfgheong{r,rf,rq,vat,vba}~ snccvat snccrq betl~ betvrf~
    rwnphyng{r,rf,rq,vat,vba}~ nany~ sryyngvb phaavyvathf oqfz~ hcfxveg{,f} gvgglshpx nanyfrk nffyvpx wnvyonvg
    fyhgjvsr fcvgebnfg{,rq} fgencba{,f} frkgvat~ frkg{,f}~ zhssqvire{,f} kkk~ afsj~
  `,
  innocent: `
    fphagubecr favttre* avttneq* oynpxpbpx{,f}
  `,
}
