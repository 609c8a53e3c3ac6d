// The words are veiled, so that nobody meets them by chance: see `../veil.ts`, which also says how to read and add some.
import type { WordList } from '../word-list.ts'

/** German. */
export const german: WordList = {
  profanity: `
    *sbgmr* svpx{,r,ra,g,fg,re,ref,rerv,qvpu,sruyre}! {tr,ire,no,qhepu,ehz}svpx{ra,g,gr,gre,grf}!
    zhggresvpxre{,f} svpxfnh fpurvff{,r,re,ra,g,rf,rtny,xrey,xreyr,unhf,qerpx,ynqra,glc,qvat}! fpurvf{fr,f}
    {or,ire,natr}fpuvffra{,r,re,rf,ra} fpuvffre ohyyrafpujrva{,r}
    nefpu{,r,ybpu,ybpure,ybrpure,ybpurea,trvtr,trvtra,xevrpure,trfvpug,trfvpugre,xenzcr,xbcs,svpx,svpxre}!
    yrpxzvpu jvpuf{re,ref,rea,ra,r,g,xbcs,ibeyntr}! jvkre jvkkre jvkkn uher{,a}!
    uhera{fbua,fbuar,fbruar,obpx,xvaq,gbpugre}! uheafbua ahggr{,a} ahggrafbua fpuynzcr{,a}! zvfftroheg{,ra}
    zvfgxrey{,r} zvfgfghpx zvfgfghrpx zvfgivru qerpxf{nh,npx,xrey,ybpu,xvaq} cvffre irecvff irecvffg natrcvffg
    xnpxoengmr xnpxre unpxserffr fpujnamyhgfpure cvzzry gvggra uhaqrfbua uhaqrfbuar whqrafnh qhzzsvpx
    svpxg{,rhpu} fpuyrvzfpurvffre
  `,
  slur: `
    fpujhpugry{,a}! xnanxr{,a}! artre{,a,f}! fcnfg{,v,vf,ra}! xhzzryghexr{,a} hagrezrafpu{,ra} fpuyvgmnhtr{,a}
    mvtrharecnpx whqrafpujrva{,r}
  `,
  insult: `
    ibyyvqvbg{,ra}~ vqvbg{,ra,va}~ gebggry~ qrcc{,ra}~ fpujnpuxbcs~ ibyygebggry~ qhzzxbcs~ oybqznaa~
    fpujnpufvaavtr{,e,a}~ craare~
  `,
}

/** French. */
export const french: WordList = {
  profanity: `
    chgnva{,f}! chgr{,f}! zreqr{,f,hk,hfrf}! zreqv{dhr,dhrf,re}
    {rz,qrz}zreq{r,re,rhe,rhef,rf,rag,nag,rzrag,rhfr,rm}! pbaaneq{,f}! pbaanffr{,f}! raphy{r,rf,re,rr,rrf,nqr}!
    fnybc{r,rf,revr,revrf,neq,neqf,vbg}! fnynhq{,f}! pbhvyy{r,rf,ba,baf,baar} avdhr{,e,m,f,gnzrer}! avdhre
    gebh{qhp,qhphy,qhpf} puvrhe{,f} puvrhfr{,f} oenay{rhe,rhef,rhfr,re,rggr,rggrf} rasbver{,f,r,rf}! ongneq{,f}
    crgnffr{,f}! cbhs{svnffr,vnffr,svnffrf} cbhsvnffr{,f} svyfqrchgr! fhprchgr qhpba pnffr{pbhvyyr,pbhvyyrf}
    srezr{gnthrhyr}
  `,
  slur: `
    gneybhmr{,f} gnsvbyr{,f} tbhvar{,f} crqr{,f} obhtabhy{,r,rf,f} ovpbg{,f} arter{,f} arterffr{,f} lbhcva{,f,r}
    onzobhyn{,f} pebhvyyr{,f}
  `,
  insult: `
    noehgv{,r,f}~ pergva{,r,f}~ vzorpvyr{,f}~ vqvbg{,r,f,rf}~
  `,
}

/** Spanish. */
export const spanish: WordList = {
  profanity: `
    chgn{,f,qn,qnf}! chgb{,f}! chgvyyn{,f} chgba{n,rf} uvwb{chgn,chgnf,qrchgn}! uvwnqrchgn uvwhrchgn{,f}!
    whrchgn chgnznqer! zvreqn{,f}! zvreqreb pbzrzvreqn{,f}! wbqre{,gr,bf,zr}! wbqvq{b,bf,n,nf}! wbqrgr wbqna
    wbqvraqb pbñb{,f,nmb}! pnoeba{,rf,n,nf,nmb,prgr}! tvyvcbyy{nf,rm,rprf}! craqrw{b,bf,n,nf,nqn,nqnf}!
    puvat{ne,n,nf,nqn,nqnf,nqb,nqbf,nqren,hr,hra,nghznqer,neba,nfgr,ba,ban}! iretn{,f,mb}! phyre{b,bf,n}
    znznthri{b,bf}! znznuhri{b,bf} znycnevq{b,bf,n,nf}! pnenwb{,f}! pbapunghznqer pbapurfhznqer pbapuhqb pgz!
    crybghq{b,bf,n,nf}! uhri{ba,barf,ban}! jrba{rf,} phyvnq{b,bf,n} phyvn{b,bf} pbwba{rf,hqb,hqn,nmbf}!
    cnwre{b,bf} bwrgr fbcyncbyynf! ynzrphybf! puhcncbyynf! chgreb{,f} shepvn{,f} zrpntbra
  `,
  slur: `
    znevp{ba,barf,ban,banf,n,nf,banmb}! fhqnpn{,f} artengn{,f} zbenpb{,f} cnapuvgb{f} obyyren{,f} gbegvyyren{,f}
    geniryb{,f} zbatbyb{,f} vaqvbeengn
  `,
  insult: `
    vqvbgn{,f}~ vzorpvy{,rf}~ rfghcvq{b,bf,n,nf,rm}~ gnenq{b,bf,n}~ gbag{b,bf,n,nf}~ pergvab{,f}~
  `,
}

/** Italian. */
export const italian: WordList = {
  profanity: `
    pnmm{b,v,ngn,ngr,bar,bav,hgb,rttvner,rttvn,rttvnaqb}! {va,fpnm,fgen}pnmm{ngb,ngv,ngn,nefv,b}! grfgnqvpnmmb
    fgebam{b,v,n,r,ngn,ngr,rggb}! zreq{n,r,bfb,bfn,nppvn}! fzreqner inssnaphyb! snaphyb! nssnaphyb! inssn
    chggna{n,r,ngn,ngr,vrer,vrev,ryyn}! zvtabgg{n,r} mbppbyn mbppbyr pbtyvba{r,v,n,nttvar,ngn,nmmb,ner,ngb}!
    evapbtyvbavg{b,n,v} vaphyng{b,n,v,r} vaphyner phynggba{r,v} zvapuv{n,bar,bav,ngn,ngr}! cbzcva{b,v,nen}
    cbepbqvb cbepbqqvb cbepbqq cbepnznqbaan qvbpnar qvbcbepb qvbzreqn znqbaanchggnan ebzcvpbtyvbav!
    fobee{n,ner,ngn} obppuva{b,v,nen} chggnanrin fhppuvnpnmmv yrppnphyb svtyvbqvchggnan cbepng{ebvn}
  `,
  slur: `
    sebpv{b,}! sebpvn evppuvba{r,v}! phynggba{r,v} greeba{r,v,n}! zbatbybvqr{,f} purppn
  `,
  insult: `
    vqvbg{n,v}~ vzorpvyy{r,v}~ pergva{b,v,n}~ qrsvpvrag{r,v}~ fprz{b,v,n}~ fghcvq{b,v,n}~
  `,
}

/** Portuguese. */
export const portuguese: WordList = {
  profanity: `
    pnenyu{b,bf,vaub,nqn}! cbeen{,f,qn}! sbq{re,n,nf,nfr,nfr,nffr,vqb,vqbf,vqn,vqnf,rh,rz,raqb,nb}! sbqr!
    zreqn{,f}! chg{n,nf,b,bf,nevn,vaun,rveb,ban,rqb}! chgndhrcnevh cdc! svyubqnchgn! svyunqnchgn igap phmnb
    phmbrf phmvaub! ohprg{n,nf,vaun,hqn}! obprg{n,nf} cvebp{n,nf,nb,hqn}! neebzonq{b,bf,n,nf}!
    chaurg{n,nf,rveb,rvebf}! obdhrg{r,rven}! pbanf pban cnaryrve{b,bf}! kbkbgn{,f} knan krerpn{,f} rfcbeen{,e}
    chgn{zreqn} ivnqntrz
  `,
  slur: `
    ivnq{b,bf,vaub,vaubf,ntrz}! obvbyn{,f}! onvgbyn{,f} fncngnb fncngban genirpb{,f}! ergneqnq{b,bf,n}!
    zbatbybvqr{,f}
  `,
  insult: `
    vqvbgn{,f}~ vzorpvy~ vzorpvf~ rfghcvq{b,bf,n}~ gebhkn{,f}~
  `,
}

/** Dutch. */
export const dutch: WordList = {
  profanity: `
    xhg{,gra,jvws,jvwira,mbbv,ubre,xvaq,mnx,jreryq,znebxxnna,znebxxnara,ynaq,ubzb,xbc,ubaq,wbbq,ahzzre}!
    xnaxre{ubre,ubrera,yvwre,yvwref,yvwqre,mbbv,ubzb,zbatbby,wbbq,wbqra,ubaq,ubaqra,jvws,xvaq,fhxxry,zbatbyra,mnx,artre,xhg,yhy,qbz,ghex,ghexra,znebxxnna,znebxxnara}!
    grevat{yvwre,yvwref,ubre,jvws,mbbv,ubaq,wbbq,zbatbby}! glshf{yvwre,ubre,ubaq,jvws,mbbv}! gvrshf{yvwre}
    ubre{,ra,rambba,raxvaq,rawbat,raybcre,gwr}! tbq{ireqbzzr,ireqbzzrf,ireqbzqr,qbzzr,fnzzr}! tiq
    xybbgmnx{,xra}! arhx{,ra,g,gr,gra,re}! trarhxg! zbrqrearhxre{,f}! fyrg{,gra,wr}!
    yhy{unaarf,yrgwr,yra,ubbsq}! fpuvwg{,ra,yvwfgre,yhy}! ebgmnx{,xra} ebgjvws cvwcorheg xbagarhxre{,f}
    errgxrire{,f} errgyvxxre xbagyvxxre{,f} tngyvxxre irearhx{,g,gr} syvxxrebc bctrsyvxxreq
  `,
  slur: `
    syvxxre{,f}! artre{,f}! avxxre{,f}! zbatbby zbatbby{gwr} znxnx{,xra} mnaqartre{,f}! fcyrrgbbt fcyrrgbtra
    trvgraarhxre{,f}! wbqrafgerrx
  `,
  insult: `
    vqvbbg~ vqvbgra~ vzorpvry~ fhxxry{,f}~ enaqqrovry{,ra}~ qrovry{,ra}~ npugreyvwx{,r}~
  `,
}
