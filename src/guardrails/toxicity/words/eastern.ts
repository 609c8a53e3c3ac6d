// The words are veiled, so that nobody meets them by chance: see `../veil.ts`, which also says how to read and add some.
import type { WordList } from '../word-list.ts'

/** Polish. */
export const polish: WordList = {
  profanity: `
    *xhej*! *cvreqby*! *cvreqny*! puhw{,n,r,rz,bjv,bjl,bjn,bjr,bj,avn,av,h,bjb,bmn,rx,xv}! uhw{,n,bjl,bjb}!
    {cb,an,b,avr,j}puhw{,n}! wron{p,al,an,ar,av,artb,arw,alpu,alz,avr,avrp,apl,yb,y,yrz,xn}! wrovr{,fm,pvr,zl}
    wropvr wroavw wroany wroavrgl
    {mn,cb,jl,ebm,bq,h,an,qb,cemr,jl,bo,m,f,cbq}wro{np,nal,nan,nar,nav,nalz,nalpu,ny,nyn,nyv,vr,l,bj,}!
    cvmq{n,l,r,b,mvr,mvrp,bjngl}! pvc{n,l,b,xn,xv,fxb}! pvcr qhcrx! qhcx{v,vrz} pjry{,r,n,bjv}!
    tbja{b,n,rz,vnal,vnem,vnemr,vnalz}! xhgnf{,l,n,vr,rz,vnem}! fxhejvry! mnfena{l,n,r,vrp} bofena{l,n,r}
    hfena{l,n} fenw{,n} feny fenp qmvjx{n,v,b,r,nem}! ehpunp! ehpuna{vr,n,l} jlehpunp zngxbwrop{n,l,b}!
    cbcvreqby{bal}! fcvreqnynw! jlcvreqnynw! ynpubpvnt{,v,h} fhxvafla{,l,h}! fxhejlfla{,l,h}! cbwro{,l,rz,vr}
    cbwronavrp mwro{,l,vr,rz} bopvntavw bopvntn{w,p,en} svhg{,l,n,rx}!
  `,
  slur: `
    pvbg{n,l,b,xn}! pmneahpu{,l,n,bj}! mlqmvbe pvncng{l,r,lpu,rtb}!
  `,
  insult: `
    vqvbg{n,xn,xv,b}~ vqvbgx{n,v}~ xergla{,v,xn}~ vzorply{,r}~ qrovy{,r}~ tyhcrx~ cbytybjrx~
  `,
}

/** Czech and Slovak. */
export const czech: WordList = {
  profanity: `
    xhei{n,l,b,bh,nz,vpxn}! xbxbg{,v,r,n,biv,val,van}! cvphf cvpbiva{n,l} qbcvpr qbcvpv zeqn{g,xn,al,y}
    zeqx{n,l} mzeq{,v,r,l,n}! fenpx{n,l} unwmy{,bir,r,v}! phenx{,h} phenpv ubia{b,n,rz,nwm}! wron{g,al,ar,y,x}
    {mn,il,an,cb,bq,cer,qb}wro{ng,nal,nar,ny,nan} ilwronarp ohmrenag{,v,r} xhaq{n,l} qbce{qryr} qbceqryr!
    anfre{gr} anfeng cbfenal mnfenal phox{n,l,b} xheinsvk ilzeqnal
  `,
  slur: `
    ohma{n,l} grcybhf{,v} pzbhq{,v,n} enxbfavx{,h}
  `,
  insult: `
    vqvbg{,v,r,xn}~ xergra{,v,r}~ qrovy{,r,bir}~ oyorp~ oyopv~ vzorpvy{,bir}~
  `,
}

/** Hungarian. */
export const hungarian: WordList = {
  profanity: `
    xhei{n,nx,nalnq,ng,nf,nen}! snfm{,bz,bq,n,srw,xnync,fmbcb,fnt,bx,g,on,reg,fntbx}! ybsnfm{,g}!
    trpv{,x,f,g,ynqn}! cvpfn{,on,q,srw,wn,x}! cvpf{non}! onfm{q,xv,bz,vx,bgg,in,bqw,ungbq,zrt,qzrt,tng}!
    onmqzrt! onmzrt zrtonfm{bgg,ynx} evonap{,bx} xbpfbt{,bx}
  `,
  slur: `
    ohmv{,x,f,g,mvx} ohmre{naf,nafbx} avttre{rx} ovobyqb{,x} pvtnalohab xbpfbt
  `,
  insult: `
    vqvbgn{,x}~ uhylr{,x}~ onebz~ onysnfm qrtrarenyg~
  `,
}

/** Romanian. */
export const romanian: WordList = {
  profanity: `
    chyn{,v,ybe}! cvmqn! cvmqrv cvmqr zhvr! shg{h,hg,hgn,hgv,r,nv,vgv}! shghgr shghgv! shghgvthen
    pnpng{,hy,hyr,vv}! phei{n,rybe,rv,ryr} pheivfgva{n} ohynatvh ohynatvv cbcbane{,v} ynontv{h,v} ynone{,v}
    pbnvr! fhtrchyn! chynynh wnien zhvfghyr pvhpvhgn
  `,
  slur: `
    cbcbane{,v} obmtbe{,v} pvbebv wvqna{,v,hy}
  `,
  insult: `
    vqvbg{,hyr,v}~ pergva{,hyr,v}~ cebfg{,hyr,vybe}~ vzorpvy{,hyr,v}~ gnzcvg{,hyr,v}~
  `,
}

/** Russian, also in Latin letters. */
export const russian: WordList = {
  profanity: `
    ѕѓЫШ *ЯШЧФ*! *СЫџФ*! СЫџђќ! СЫџ! СЫџђ ХСРЭ* ХСХђ ХСѓђ ХСѓ ХСЫЮ ХСЫР ХСЫРЭ* ХСРѐ* ХСЭѓђ* ХСђШ ХСРј*
    {ЧР,Тћ,ЭР,ЯѐЮ,ѐРЧ,Юђњ,ЯЮФњ,ёњ,ѓ,ЮСњ,ШЧњ,ѐРЧњ,Тњ,ФЮ,ЯѐШ,ЯЮ,ЯХѐХ,Юђ}ХС{РЫ,РЫШ,РЫ,РЫР,Рђќ,Рђќёџ,РЭ,РЭћ,РЭћЩ,РЭЭћЩ,РЭЭћХ,РЭЭРџ,РЭЮХ,ЮЪ,ЪШ,ЪР,Шёќ,ШљХ,ШљХ,Хђ,ѓђ,Рјќ,ћТРЩ,Шёќ,РЭ,ХЭР,ХЭЭћЩ,РЭ,Хјќ,ХЭЮЪ,ѓ}!
    *ФЮЫСЮХС*! *ФЮЫСРХС*! *ЬЮЧУЮХС*! ЬѓФРЪ* ЬѓФРїќ* ЬѓФШЫ* ЬѓФЮЧТЮЭ* ЬѓФЫЮ ёѓЪ{Р,Ш,ѓ,ЮЩ,ШЭ,ШЭР}! ёѓїЪ{Р,Ш,ѓ,ЮЩ}!
    ёѓїРѐ* УЮТЭ{Ю,Р,Х,ЮЬ,ўЪ,ўЪШ,џЭћЩ,џјЪР,ШљХ}! УЮТЭЮ*! ФХѐќЬ{Ю,Р,ЮЬ,ЮТћЩ,Х} ЦЮЯ{Р,ѓ,Х,ЮЩ,ћ,ЭћЩ}! УРЭФЮЭ{,ћ,Р,ѓ}
    УЮЭФЮЭ{,ћ,Р,ѓ} јЫўѕ{Р,Ш,ѓ,ЮЩ}! јРЫРТ{Р,ћ,ѓ} ЧРЫѓЯ{Р,ћ,ѓ,ЮЩ} ФѐЮї{Шђќ,Шђ,ШЫР,Хѐ,Хѐћ,ѓ,Шјќ} ЬѐРЧќ ЬѐРЧШ
    ЬѐРЧЮђ* ѓСЫўФ{ЮЪ,ЪШ,ЪР,ЪРЬ} ТћѐЮФЮЪ{,Ш} ТћѐЮФЪШ ёѐРђќ! ЭРёѐРђќ! ЮСЮёѐР* ЧРёѐРЭ* ёѐРЪР ёѐРЭћЩ ёѐРЭРџ ёѐРЭћХ
    ёёРЭ{ћЩ,Рџ,ШЭР} ЯЮђРёЪѓѕ{Р,Ш} ЬРЭФ{РТЮјЪР,РТЮјЪШ} ЯРФЫ{Р,ћ,Ю} іХЫЪ{Р,Ш} ЮђёЮёШ* oylng! oylnq! oyln plxn
    cvmqrp cvmqrgf cvmqn anuhv anuhl cbuhv cbuhl khl khv qbyobro zhqnx tnaqba royna rong rony ronalv ѕѓЩ*! ѕѓџ*!
    ѕѓХ*! ѕѓў ѕѓШ {ЭР,ЯЮ,ЭШ,ФЮ,ЧР}ѕѓ{Щ,џ,ў}! {Ю,Р}ѕѓХ*! ЮѕѓШђ* {Тћ,ФЮ,ѐРё}ѕѓџ* ЭШѕѓџјХї* ЯЮѕѓШё* ХСРђќ ХСРЫЮ
    ХСРЫЮЬ ХСѓї* ХСРђќёџ
  `,
  slur: `
    *ЯШФЮѐ*! *ЯШФРѐ*! ЯШФѐ{,ћ} ЯХФШЪ{,Ш,Р,РЬ} ЯХФХѐРёђ{,ћ,Р} УЮЬШЪ{,Ш,Р} ЦШФ{,ћ,Р,ЮТ,РЬ,РЬШ}
    ЦШФЮТ{ЪР,ёЪШЩ,ёЪРџ,ёЪШХ,Эџ} ЦШФџѐ{Р,ћ} ѕРї{,Ш,ХЩ,РЬ} ѕРїШЪ{,Ш} їѓѐЪ{Р,Ш,ѓ,РЬ} їХѐЭЮЬРЧ{ћЩ,ћХ,Рџ} їХѐЭЮЦЮЯ*
    ЭШУХѐ{,ћ,ЮТ} ЭШУУХѐ{,ћ,ЮТ} ѓЧЪЮУЫРЧ{ћЩ,ћХ} cvqbe{,nf,bx} cvqne{,nf}
  `,
  insult: `
    ШФШЮђ{,ћ,ЪР,ЮТ}~ ЪѐХђШЭ{,ћ}~ ШЬСХіШЫ{,ћ}~ ФХСШЫ{,ћ,ЪР}~ ЯѐШФѓѐЮЪ~ ЯѐШФѓѐЪШ~ ђѓЯШі{Р,ћ}~ ФЮЫСРЭ{ћЩ,ѓђћЩ}~
    ѓѐЮФ{,ћ}~
  `,
  innocent: `
    ёЪШЯШФРѐ*
  `,
}

/** Ukrainian. */
export const ukrainian: WordList = {
  profanity: `
    ѕѓЩЫ{Ю,Р,ЮЬ} *ЯШЧФ*! *СЫџФ*! СЫџђќ! СЫџ ЩЮС{РЭ,РЭШЩ,РЭР,РЭц,ЭѓђШЩ} *ЩЮСРЭ*! чСРђШ фСРђШ чСРЭ{ШЩ,Р,Рђ}
    {ТШ,ЧР,ЭР,ѐЮЧ,ФЮ,ТцФ}чС{РђШ,РТ,РЫШ,РЭ,РЭШЩ}! ФЮТСЮЩЮС{,Ш} ФЮТСЮфС ЪѓѐТ{Р,Ш,ѓ,Юў}! ёѓЪ{Р,Ш,ѓ}
    УцТЭ{Ю,Р,ўЪ,џЭШЩ} ЫРЩЭ{Ю,Р} ЬѓФРЪ{,Ш,Р} УРЭФЮЭ{,Ш} УЮЭФЮЭ{,Ш} јЫўѕ{Р,Ш,ѓ} јЫќЮЭФѐ{Р,Ш} ёѐРЪ{Р,Ш,ѓ,Юў} ёѐРЭШЩ
    ёѐРЭР ёѐРђШ ЭРёѐРђШ ЧРЫѓЯ{Р,Ш} ёѓїЪ{Р,Ш} ТШСЫџФЮЪ ЬѐРЧЮђР ѕѓЩ*! ѕѓџ*! ѕѓХ*! ѕѓў ѕѓШ
    {ЭР,ЯЮ,ЭШ,ФЮ,ЧР}ѕѓ{Щ,џ,ў}! {Ю,Р}ѕѓХ*! ЮѕѓШђ* {Тћ,ФЮ,ѐРё}ѕѓџ* ЭШѕѓџјХї* ЯЮѕѓШё* ѕѓф*! ЭРѕѓџ
  `,
  slur: `
    ЯцФЮѐ{,Ш,Рё,РёШ,цТ} ЯцФРѐ{,Ш,Рё,РёШ} ЯХФШЪ{,Ш} їѓѐЪ{Р,Ш} їЮѐЭЮЦЮЯ*
  `,
  insult: `
    цФцЮђ{,Ш,ЪР}~ ФХСцЫ{,Ш}~ ЪѐХђШЭ{,Ш}~ ЯѐШФѓѐЮЪ~ СШФЫЮ~
  `,
}
