//! Canonical decomposition (Unicode NFD) as far as file names need it.
//!
//! macOS hands out names decomposed, everybody else composed; `tile_München` must match itself.
//! Covers Latin, Vietnamese, Greek and Cyrillic letters with marks, Hangul syllables and the voiced
//! kana, in 4 kB instead of a full Unicode table. Marks are not reordered: both forms come from
//! the same composed name. Other letters compare as they are.

/// For each mark the letters it joins: composed, base, composed, base, ...
const COMPOSED: &[(char, &str)] = &[
    (
        '\u{300}',
        "ÀAÈEÌIÒOÙUàaèeìiòoùuǛÜǜüǸNǹnЀЕЍИѐеѝиḔĒḕēṐŌṑōẀWẁwẦÂầâẰĂằăỀÊềêỒÔồôỜƠờơỪƯừưỲYỳy",
    ),
    (
        '\u{301}',
        "ÁAÉEÍIÓOÚUÝYáaéeíióoúuýyĆCćcĹLĺlŃNńnŔRŕrŚSśsŹZźzǗÜǘüǴGǵgǺÅǻåǼÆǽæǾØǿøΆΑΈΕΉΗΊΙΌΟΎΥ\
         ΏΩΐϊάαέεήηίιΰϋόούυώωЃГЌКѓгќкḈÇḉçḖĒḗēḮÏḯïḰKḱkḾMḿmṌÕṍõṒŌṓōṔPṕpṸŨṹũẂWẃwẤÂấâẮĂắăẾÊếê\
         ỐÔốôỚƠớơỨƯứư",
    ),
    (
        '\u{302}',
        "ÂAÊEÎIÔOÛUâaêeîiôoûuĈCĉcĜGĝgĤHĥhĴJĵjŜSŝsŴWŵwŶYŷyẐZẑzẬẠậạỆẸệẹỘỌộọ",
    ),
    ('\u{303}', "ÃAÑNÕOãañnõoĨIĩiŨUũuṼVṽvẪÂẫâẴĂẵăẼEẽeỄÊễêỖÔỗôỠƠỡơỮƯữưỸYỹy"),
    ('\u{304}', "ĀAāaĒEēeĪIīiŌOōoŪUūuǕÜǖüǞÄǟäǠȦǡȧǢÆǣæǬǪǭǫḠGḡgḸḶḹḷṜṚṝṛ"),
    ('\u{306}', "ĂAăaĔEĕeĞGğgĬIĭiŎOŏoŬUŭuЎУЙИйиўуḜȨḝȩẶẠặạ"),
    (
        '\u{307}',
        "ĊCċcĖEėeĠGġgİIŻZżzḂBḃbḊDḋdḞFḟfḢHḣhṀMṁmṄNṅnṖPṗpṘRṙrṠSṡsṤŚṥśṦŠṧšṨṢṩṣṪTṫtẆWẇwẊXẋxẎY\
         ẏyẛſ",
    ),
    (
        '\u{308}',
        "ÄAËEÏIÖOÜUäaëeïiöoüuÿyŸYΪΙΫΥϊιϋυЁЕЇІёеїіḦHḧhṎÕṏõṺŪṻūẄWẅwẌXẍxẗt",
    ),
    ('\u{309}', "ẢAảaẨÂẩâẲĂẳăẺEẻeỂÊểêỈIỉiỎOỏoỔÔổôỞƠởơỦUủuỬƯửưỶYỷy"),
    ('\u{30a}', "ÅAåaŮUůuẘwẙy"),
    ('\u{30b}', "ŐOőoŰUűu"),
    (
        '\u{30c}',
        "ČCčcĎDďdĚEěeĽLľlŇNňnŘRřrŠSšsŤTťtŽZžzǍAǎaǏIǐiǑOǒoǓUǔuǙÜǚüǦGǧgǨKǩkǮƷǯʒǰj",
    ),
    ('\u{30f}', "ȀAȁaȄEȅeȈIȉiȌOȍoȐRȑrȔUȕu"),
    ('\u{311}', "ȂAȃaȆEȇeȊIȋiȎOȏoȒRȓrȖUȗu"),
    (
        '\u{323}',
        "ḄBḅbḌDḍdḤHḥhḲKḳkḶLḷlṂMṃmṆNṇnṚRṛrṢSṣsṬTṭtṾVṿvẈWẉwẒZẓzẠAạaẸEẹeỊIịiỌOọoỢƠợơỤUụuỰƯựư\
         ỴYỵy",
    ),
    ('\u{324}', "ṲUṳu"),
    ('\u{325}', "ḀAḁa"),
    ('\u{326}', "ȘSșsȚTțt"),
    ('\u{327}', "ÇCçcĢGģgĶKķkĻLļlŅNņnŖRŗrŞSşsŢTţtḐDḑdḨHḩh"),
    ('\u{328}', "ĄAąaĘEęeĮIįiŲUųuǪOǫo"),
    ('\u{32d}', "ḒDḓdḘEḙeḼLḽlṊNṋnṰTṱtṶUṷu"),
    ('\u{32e}', "ḪHḫh"),
    ('\u{330}', "ḚEḛeḬIḭiṴUṵu"),
    ('\u{331}', "ḆBḇbḎDḏdḴKḵkḺLḻlṈNṉnṞRṟrṮTṯtẔZẕzẖh"),
];

/// `text` with the letters named above decomposed.
pub fn decompose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        push(c, &mut out);
    }
    out
}

fn push(c: char, out: &mut String) {
    if c.is_ascii() {
        out.push(c);
    } else if !push_hangul(c, out) && !push_kana(c, out) {
        match split(c) {
            Some((base, mark)) => {
                // A base may itself be composed (Vietnamese).
                push(base, out);
                out.push(mark);
            }
            None => out.push(c),
        }
    }
}

fn split(c: char) -> Option<(char, char)> {
    for (mark, letters) in COMPOSED {
        let mut pairs = letters.chars();
        while let (Some(composed), Some(base)) = (pairs.next(), pairs.next()) {
            if composed == c {
                return Some((base, *mark));
            }
        }
    }
    None
}

/// Hangul syllables decompose by arithmetic (Unicode standard, section 3.12).
fn push_hangul(c: char, out: &mut String) -> bool {
    let Some(s) = (c as u32).checked_sub(0xac00).filter(|s| *s < 11172) else {
        return false;
    };
    let tail = s % 28;
    let jamo = [0x1100 + s / 588, 0x1161 + s % 588 / 28, 0x11a7 + tail];
    let parts = if tail == 0 { &jamo[..2] } else { &jamo[..] };
    out.extend(parts.iter().filter_map(|u| char::from_u32(*u)));
    true
}

/// Voiced kana follow their plain form; the `ha` row has a third, half-voiced form.
fn push_kana(c: char, out: &mut String) -> bool {
    const VOICED: &str = "がぎぐげござじずぜぞだぢづでどばびぶべぼゔガギグゲゴザジズゼゾダヂヅデドバビブベボヴ";
    const HALF: &str = "ぱぴぷぺぽパピプペポ";
    let (back, mark) = if c == 'ゔ' || c == 'ヴ' {
        (0x4e, '\u{3099}')
    } else if VOICED.contains(c) {
        (1, '\u{3099}')
    } else if HALF.contains(c) {
        (2, '\u{309a}')
    } else {
        return false;
    };
    match char::from_u32(c as u32 - back) {
        Some(base) => out.extend([base, mark]),
        None => out.push(c),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::decompose;

    #[test]
    fn composed_equals_decomposed() {
        for (composed, decomposed) in [
            ("M\u{fc}nchen", "Mu\u{308}nchen"),
            ("\u{1ec7}", "e\u{323}\u{302}"),
            ("\u{d55c}\u{ae00}", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"),
            ("\u{304c}\u{3071}", "\u{304b}\u{3099}\u{306f}\u{309a}"),
            ("\u{30f4}", "\u{30a6}\u{3099}"),
            ("\u{439}", "\u{438}\u{306}"),
            ("\u{3ac}", "\u{3b1}\u{301}"),
            ("plain 🛰 \u{5e9}", "plain 🛰 \u{5e9}"),
        ] {
            assert_eq!(decompose(composed), decomposed);
            assert_eq!(decompose(decomposed), decomposed);
        }
    }
}
