// The words are veiled, so that nobody meets them by chance: see `../veil.ts`, which also says how to read and add some.
import type { WordList } from '../word-list.ts'

/** Turkish. */
export const turkish: WordList = {
  profanity: `
    fvxgve*!
    fvx{revz,rlvz,rprz,rprtvz,zrx,zrlr,vx,vxyre,vf,vfzr,vfzrx,gv,gvz,gvtvz,gvtvzva,gvz,rlvz,fra,refva,re,vlvz,vzqr,vzr,vzva,gveva,gvetvg,xnsn,xvevtv}!
    fvxvar nzx! nzvan{xblvz,xblnlvz,xblhz,xbqhz,xbqhzha,xblqhthz,xblqhthzha}! nzvanxblnlvz! nzpvx{,yne,ntvm,pn}
    nzvav nzpvtn bebfch{,yne,pbphth,pbphxynev,aha,yhx,qna}! tbgirera{,yre}! tbghah tbghar tbgryrx
    lneen{x,tvz,tvzv,tv,xyne,xxnsn}! lnenx gnfnx{,yv,yne} gnffnx voar{,yre,yvx,ava}! xnucr{,yre,yvx,ava}!
    crmrira{x,xyre,tva}! xnygnx{,yne}! tning{,yne}! frersfvm{,yre,yvx,fva}! chfg{,yne,yhx}! qnylnenx! xnapvx
    fheghx cvpxhehfh! fbxnlvz nanavfvxrlvz nanavfvxvz fvxvprz lnifnx{,yne} unffvxgve! unfvxgve fvxgvtvzva tbqbf
    fxrevz nz{pvx} nzıan! nzıanxblnlız nzıanxblız nzıanxbqhzha nzpıx nzpıxyne fıçnlız fıçneız nzvanxbllvz
    bebfchpbphth tbgirera
  `,
  slur: `
    voargbe
  `,
  insult: `
    trevmrxnyv{,yne}~ fnynx{,yne}~ ncgny{,yne}~ qnatnynx~ rzorfvy~ znaxnsn~
  `,
}

/** Swedish. */
export const swedish: WordList = {
  profanity: `
    svgg{n,na,be,bean,wniry}! xhx{,ra,ne,fhtner,uhihq,wniry}! xahyy{n,nq,ner,ne,ng,rg}!
    ube{be,na,hatr,hatne,wniry,xhaq}! ebi{uny,unyrg,xahyyn,xahyynq,fyvpxner}! nefyr{,g,a} fxvgfgbiry{,a}
    fxvgfgbiyne yhqre fylan fngxnevat fngznen wnriyn ehax{n,ner,ne} zbqrexahyyner
  `,
  slur: `
    obtwniry oynggr{,e,a,wniry} finegfxnyyr finegfxnyyne ncwniry finegzhfxvt
  `,
  insult: `
    vqvbg{,re,ra}~ qhzfxnyyr~ xbexnq~ chpxb{,a}~
  `,
}

/** Finnish. */
export const finnish: WordList = {
  profanity: `
    ivggh*! ivgha! crexryr{,ra,rg}! xlec{n,nn,na,ng}! uhben*! uhbena cnfxn*! xhfvcn{n,nn,ng,na}! zhyxxh*! cvyyh*
    ehaxxnev{,g,a} ehaxngn yhgxn{,g} nvgvaenvfxnnwn
  `,
  slur: `
    arrxrev{,g,a,n,ra} ubzbggryh zhgnxhbab{,g} inwnxxv{,g}
  `,
  insult: `
    vqvbbggv~ vqvbbgvg~ nnfv~ glcrelf~ qnnwncnn
  `,
}

/** Greek. */
export const greek: WordList = {
  profanity: `
    νΰκΰλ{ΰ,ΰσ,δσ,θΰ,θδσ,θςνδμδ,θςνδμξσ,θςνδμζ,ψμ}!
    βΰν{ψ,ψυξ,ζνδμδ,ζνδμξ,ζνδμζ,ζςξτ,θδςΰθ,θξκΰ,ζιδθυδ,ζςδ,ΰσ,θξκζσ}! βΰνψυξ ρξτυς{ΰ,δσ,ξσ,ξ,ΰπΰ,ΰσ}!
    ρξτυΰμ{ΰ,ΰσ,δσ,ΰλθ}! ςλΰυ{ΰ,ξ,ξτκΰ}! λΰπθξκ{ζ,ζσ,ΰ,δσ,ζεδσ}! ΰπφθε{θ,θΰ,ΰσ}! νξτμ{θ,θΰ,ξρΰμξ,ξρΰμΰ}!
    λψκξυπτρθε{ΰ,δσ} υςθνρξτλ{θ,θΰ} υςξτκ{ΰ,δσ} ωψκ{ζ,ΰπΰ,δσ} znynxnf znynxn
  `,
  slur: `
    ρξτςυ{ζ,ζσ,ζεδσ,ΰπΰ}! υπΰγδκθ
  `,
  insult: `
    ζκθιθ{δ,ξσ,ΰ,ξθ}~ γκΰλ{ΰ,ΰσ,δσ}~ λπδυθμ{δ,ξσ}~
  `,
}

/** Hindi, mostly in Latin letters. */
export const hindi: WordList = {
  profanity: `
    oura{pubq,pubqb,pubg,xr,xrybqr}! orura{pubq,pubqb,pubg}! onura{pubq,pubqb} znqne{pubq,pubqb,pubg,wnng}!
    znqure{pubq} znqre{pubq} znqrepubq puhg{vln,vlr,vlncn,vlb,vn,nq,znevxn,vlncnagv}! pubbg{vln,vlr}! puhgvlba
    pubqh{,b} oubfqv{,xr,jnyr,jnyn,jnnyr}! oubfnq{v,vxr,vjnyr,pubq}! ofqx tnaqh{,b}! tnaqznen yniqn yniqr ynjqn
    ynjqr ybqh wunng{h,rva}! wunngh wunagh enaqv{,ln,lb,xunan,onnm}! enaq{jn}
    unenz{v,mnqn,mnqr,mnqv,xube,vcnan}! यिधऱछॊध भसऩछॊध बॆऩछॊध बॊहठु बॊहठऽु बॊहठुऔॆ छृथामि छृथामॆ छृथ खिःठृ खिःठ
    ऱःठु सऱियु सऱियझिधि सऱियगॊऱ ळ्ठऽि ळ्ठि ळःठ औीथौथामि
  `,
  slur: `
    xngjn{,r} xnghn{,r}
  `,
  insult: `
    orjnxbbs~ orjndbbs~ tnqun~ hyyh~ भॆऴऔृप~ खदि~
  `,
}

/** Arabic. */
export const arabic: WordList = {
  profanity: `
    صذلىض* صذئلًض كجةب كجةن كجئة لهًىق لهًىقب لثهئق لثهئقب قزلق قزئلق قزدثق ظذش لظذش سةً ضًسق ئهًق* هًقهً ظئنذب
    ظئنذن قمدذئ ًئئةهئمقمة funezhgn funezbhgn xbfbznx xbfbzx dnuon
  `,
  slur: `
    مىضً دهًت دىم
  `,
  insult: `
    ػةً~ ئجلك~ جلئذ~ جًىئه~
  `,
}
