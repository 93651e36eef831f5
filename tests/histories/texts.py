"""What people say, made up: Chinese sentences of very different lengths."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from random import Random

RARE = "翡翠湾"
"""Stands in about one of 5,000 texts."""

COMMON = "物业"
"""Stands in about one of four."""

HEADS = 5_000
BODIES = 3_000
"""So many beginnings and ends of a text are made; any two make one."""

_PLACES = ["东湖花园", "人民路小区", "和平里", "新城家园", "柳荫街", "北苑", "金桥公寓", "望江苑"]
_WHO = ["来电人", "业主", "租户", "老年住户", "商户", "物业前台", "来访群众", "企业联系人"]
_WHAT = ["反映", "咨询", "再次反映", "询问", "要求核实", "希望尽快处理"]
_SENTENCES = [
    "楼道照明损坏三天，晚上老人上下楼不便",
    "水费账单比上月多出一倍，请核对抄表读数",
    "物业电话无人接听",
    "燃气灶打不着火，疑似欠费停气",
    "宽带安装已预约，师傅未按时上门",
    "办理过户需要哪些材料，能否网上提交",
    "已电话联系值班室，答复今日下午派人到场",
    "请稍后回访，确认是否已经更换",
    "物业表示配件缺货，预计两个工作日到货",
    "已核对系统记录，缴费成功，发票可在网上下载",
    "对处理结果表示认可",
    "因材料不全，已一次性告知所缺内容",
    "经现场查看，管道接口渗漏，需更换密封圈",
    "转请维修班组处理，并告知来电人预计时间",
    "来电人情绪激动，已耐心解释并致歉",
    "退款将在七个工作日内原路退回",
]
_NAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林"
_GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂"


def texts(seed: int) -> Mapping[str, tuple[Sequence[bytes], Sequence[bytes]]]:
    """By kind of text its beginnings and its ends."""
    chance = Random(seed)
    talk = [_head(chance, n) for n in range(HEADS)], [_body(chance, 1.1) for _ in range(BODIES)]
    short = talk[0], [_body(chance, 0.2) for _ in range(BODIES)]
    name = [c.encode() for c in _NAMES], [_given(chance) for _ in range(BODIES)]
    mobile = [b"13", b"15", b"18"], [b"%09d" % chance.randrange(10**9) for _ in range(BODIES)]
    return {"text": talk, "short": short, "name": name, "mobile": mobile}


def _head(chance: Random, n: int) -> bytes:
    place = RARE if n == HEADS // 2 else chance.choice(_PLACES)
    where = f"{place}{chance.randint(1, 40)}号楼"
    return f"{where}{chance.choice(_WHO)}{chance.choice(_WHAT)}：".encode()


def _body(chance: Random, sigma: float) -> bytes:
    """Of one sentence up to forty, log-normal."""
    number = min(max(round(math.exp(chance.gauss(0.5, sigma))), 1), 40)
    return ("；".join(chance.choice(_SENTENCES) for _ in range(number)) + "。").encode()


def _given(chance: Random) -> bytes:
    return "".join(chance.choice(_GIVEN) for _ in range(chance.randint(1, 2))).encode()
