"""Names of other scripts in Latin letters: rough on purpose, for comparing, never for showing."""

import re
import unicodedata
from functools import lru_cache

from integrations_pipelines.entities.names import fold
from integrations_pipelines.entities.remembered import Remembered

# Where the Unicode name of a letter is not its sound. Russian, Ukrainian and Belarusian after BGN/PCGN
# (https://www.gov.uk/government/publications/romanization-systems), Greek after ELOT 743, Arabic by its consonants.
_LETTERS = dict(
    zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґўѓќљњћџјђ",
        "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch  y  e yu ya i i e g u g k l n c dz j d"
        .split(" "),
        strict=True)
) | dict(
    zip("αβγδεζηθικλμνξοπρσςτυφχψω", "a v g d e z i th i k l m n x o p r s s t y f ch ps o".split(" "), strict=True)
) | dict(
    zip("ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءأإآؤئپچژگک",
        "a b t th j h kh d dh r z s sh s d t z a gh f q k l m n h w y a a  a i a w y p ch zh g k".split(" "),
        strict=True)
)  # fmt: skip
# Characters of Chinese family names and the most usual given names, by their Hanyu Pinyin without tones.
# Source: Unicode Unihan, kMandarin (https://www.unicode.org/reports/tr38/).
_HAN = """
ai艾爱 an安 ao敖奥 ba巴 bai白柏 ban班 bao包鲍宝保 bei贝北 bi毕碧必 bian卞边 bin彬斌宾滨 bing冰兵炳 bo波博伯薄 bu卜步 cai蔡才彩 cao曹
cen岑 chai柴 chang常昌长畅 chao超晁朝 che车 chen陈晨辰沉 cheng程成诚承城 chi池迟 chong崇冲 chu楚褚初储 chuan川传 chun春纯淳 cong聪丛从
cui崔翠 da达大 dai戴代 dan丹单旦 dang党 dao道 de德 deng邓登 di狄迪 diao刁 ding丁定鼎 dong董东冬栋 dou窦 du杜度 duan段端 en恩 fan范樊凡繁
fang方芳房放 fei费飞菲斐 fen芬奋 feng冯峰风凤封锋丰枫 fu傅付福富符甫夫扶芙 gai盖 gan甘干 gang刚钢岗 gao高 ge葛戈歌格 gen根 geng耿庚 gong龚宫公功
gou苟 gu顾古谷 guan关管冠官 guang光广 gui桂贵归 guo郭国果 hai海 han韩汉涵寒翰 hang航杭 hao郝浩豪昊皓好 he何贺和赫荷鹤 hei黑 heng恒衡亨 hong洪宏红
鸿虹弘 hou侯厚 hu胡虎湖 hua华花化画 huai怀 huan欢环焕桓 huang黄皇煌 hui惠辉慧会卉徽 huo霍火 ji纪季吉姬冀计继基济 jia贾佳家嘉甲加 jian简建健坚剑
jiang江蒋姜将 jiao焦娇交 jie杰洁介捷节劫 jin金靳晋进锦今津瑾 jing景静晶京敬经菁荆靖 jiu九久 ju居菊巨举 juan娟卷 jue觉 jun军君俊钧骏均峻 kai凯开恺
kan阚侃 kang康抗 ke柯可克科 kong孔空 kou寇 kuang邝匡旷 kui奎魁 kun坤昆 lai赖来 lan兰蓝岚澜 lang郎朗浪 lao劳 le乐 lei雷蕾磊 leng冷 li李黎丽立力莉利
理礼厉励郦 lian连廉莲练 liang梁良亮 liao廖辽 lin林琳霖临麟 ling凌玲灵岭令伶 liu刘柳流六留 long龙隆 lou楼娄 lu卢陆路鲁吕禄露鹿芦 luan栾 lun伦 luo罗骆
洛络 lv绿律 ma马麻 mai麦 man满曼 mao毛茅茂 mei梅美眉媚 men门 meng孟蒙梦萌 mi米宓 miao苗缪妙 min闵敏民闽旻 ming明鸣铭名 mo莫墨默 mou牟 mu穆牧木慕
na娜那 nai乃 nan南楠男 ni倪妮尼 nian年念 nie聂 ning宁凝 niu牛 nong农 ou欧 pan潘盘攀 pang庞 pei裴佩培沛 peng彭鹏朋 pi皮 pin品 ping平萍屏 pu蒲浦朴
qi齐戚祁琪奇琦其启旗 qian钱前倩千乾 qiang强 qiao乔巧桥 qin秦琴勤钦沁 qing青清庆晴卿 qiong琼 qiu邱秋丘裘求 qu曲屈瞿 quan全权泉 que阙 ran冉然 rao饶
ren任仁人 rong荣容蓉融戎 rou柔 ru茹汝如儒 ruan阮 rui瑞芮锐睿蕊 run润 ruo若 sai赛 san三 sang桑 sen森 sha沙莎 shan单山珊杉善 shang尚商上 shao邵少绍
shen沈申深慎 sheng盛生胜升圣声 shi石史施时师诗世士仕实 shou寿守 shu舒书淑树疏 shuang双霜爽 shui水 shun顺舜 si司思斯四 song宋松颂 su苏素肃 sui隋穗
sun孙 suo索 tai太泰台 tan谭谈檀坛 tang唐汤堂 tao陶涛桃 teng滕腾藤 tian田天甜 tie铁 ting婷廷亭庭 tong童佟彤同桐 tu涂屠图 wan万婉晚 wang王汪旺望 wei魏
韦卫伟薇威巍为维唯炜蔚玮 wen温文闻雯 weng翁 wo沃 wu吴武伍邬巫五午 xi席奚习西希喜熙曦 xia夏霞侠 xian冼先贤仙娴显宪 xiang向项祥翔香湘 xiao萧肖小晓笑
孝 xie谢解 xin辛新欣心鑫信馨昕 xing邢星兴杏幸 xiong熊雄 xiu秀修 xu徐许须旭绪序 xuan宣轩萱玄璇 xue薛雪学 xun荀寻迅 ya雅亚娅 yan严颜闫燕阎言艳岩妍彦炎
晏 yang杨阳扬洋羊 yao姚瑶尧耀 ye叶业烨 yi易伊仪怡艺毅义依一亿奕逸宜 yin尹殷银音寅 ying应英颖莹映盈 yong雍永勇咏 you尤游友 yu于余俞喻虞郁宇玉雨育
裕钰渝羽语愉 yuan袁元原远媛圆苑 yue岳月悦越 yun云芸运韵 zang臧 zeng曾增 zha查 zhai翟 zhan詹展占湛 zhang张章彰 zhao赵招昭照 zhe哲喆 zhen甄珍真振震镇贞
zheng郑正政征 zhi支志智芝之治致 zhong钟仲中忠 zhou周洲 zhu朱祝竹诸珠柱 zhuan专 zhuang庄壮 zhuo卓 zi子梓紫自 zong宗 zou邹 zu祖 zuo左佐作
ou-yang欧阳 si-ma司马 zhu-ge诸葛
liu劉 chen陳 zhang張 yang楊 zhao趙 wu吳 ma馬 ye葉 zheng鄭 xie謝 xu許 han韓 feng馮 dong董 xiao蕭 lu盧陸 jiang蔣 luo羅 wei偉衛韋 jie傑潔
hua華 guo國 jian劍 ming銘 li麗 fang芳 yun雲 long龍 feng鳳 ying穎 hong紅 lin臨 qiang強 mei美 jun軍 wen聞 xue學 yong詠 zhi誌 bin賓 lan蘭
"""  # noqa: E501 - a table
_SYLLABLES = re.compile(r"([a-z-]+)([^\sa-z]+)")
# Generic: the Unicode name of a letter or syllable ends in its sound ("KHMER LETTER KO", "HANGUL SYLLABLE GIM").
_SOUND = re.compile(
    r"(?:LETTER|SYLLABLE|VOWEL SIGN|INDEPENDENT VOWEL)(?: SMALL| SHORT| LONG)? ([A-Z]+)(?: WITH .*)?$"
)


@lru_cache(maxsize=1)
def _han() -> dict[str, str]:
    table: dict[str, str] = {}
    for sound, characters in _SYLLABLES.findall(_HAN.replace("\n", " ")):
        for character in characters if "-" not in sound else ():
            table.setdefault(character, sound)
    return table


def _character(character: str) -> str:
    if character.isascii():
        return character
    known = _LETTERS.get(character)
    if known is None:
        known = _han().get(character)
        return f"{known} " if known else _sounded(character)
    return known


def _sounded(character: str) -> str:
    """The sound in a letter's Unicode name; a consonant loses its inherent vowel; "" for marks."""
    name = unicodedata.name(character, "")
    found = _SOUND.search(name)
    if not found:
        return " " if unicodedata.category(character)[0] == "Z" else ""
    sound = found[1].lower()
    inherent = not any(mark in name for mark in ("VOWEL", "SYLLABLE", "HIRAGANA", "KATAKANA"))
    return sound.rstrip("aeiou") or sound if inherent else sound[:1] if "VOWEL" in name else sound


def _latin(text: str) -> str:
    folded = fold(text)
    if folded.isascii():
        return folded
    # Composed again: folding takes Korean syllables and voiced kana apart.
    sounds = "".join(map(_character, unicodedata.normalize("NFC", folded)))
    return " ".join(fold(sounds).split()) if sounds else ""


_texts = Remembered(_latin)


def latin(text: str) -> str:
    """``text`` folded to lower-case ASCII. Letters we cannot sound are left out: "" where nothing is left."""
    return _texts[text]
