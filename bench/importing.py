"""Bringing in a file of demands against COPYing the very rows it makes into the same tables."""

from __future__ import annotations

import csv
import os
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from django.db import connection, transaction

from bench import ground
from yingshang.cases.models import Case
from yingshang.exchange import imports
from yingshang.exchange.models import ImportRun

#: The tables that an import writes, referred-to ones first.
TABLES = ["cases_case", "cases_caseaccess", "cases_caseprocess", "cases_task", "cases_timer", "cases_clock",
          "cases_clockentry", "cases_event"]  # fmt: skip
SUBJECTS = ["路灯不亮", "出口退税没到账", "员工孩子想就近入学", "厂房不够用", "货车没处停", "变压器要增容", "招不到熟练工",
            "排水不畅门口积水", "营业执照要变更", "有什么补贴可以申报"]  # fmt: skip
PLACES = ["六号大街", "学林街", "金沙湖边", "江东大道", "医药港小镇", "二十一号路"]
WORDS = ["已经半个月了", "打过电话没人回", "影响发货", "希望尽快安排人来看看", "周边几家都有同样情况", "上个月问过一次",
         "我们是做食品加工的", "工人二百来人", "请告诉我们找谁办", "合同下周到期"]  # fmt: skip

#: Of these, sentences are put together that hardly ever come twice, as people's own do.
PARTS = (
    "设备 车间 仓库 园区 门卫 班车 食堂 宿舍 围墙 管线 水压 电费 发票 合同 订单 海关 银行 贷款 "
    "担保 保险 图纸 环评 消防 验收 施工 围挡 噪音 灰尘 积水 树枝 标线 红绿灯 限高 充电桩 停车费 快递 "
    "冷库 叉车 吊车 集装箱 原料 样品 检测 报告 专利 商标 培训 招聘 社保 公积金 居住证 落户 学位 幼儿园 "
    "医院 公交 地铁 共享单车 网络 基站 光纤 服务器 系统 账号 密码 窗口 材料 盖章 公证 名称 地址 股东 "
    "法人 注册资本 年报 异常名录 信用 处罚 检查 整改 复查 投诉 供应商 客户 展会 出口 退税 关税 运费 仓租 "
    "租金 物业 产权 土地 厂房 装修 搬迁 扩建 改造"
).split()
VERBS = (
    "一直没人管 昨天又出问题 比去年多出一倍 要等到什么时候 不知道归谁管 和隔壁说法不一样 需要重新办 "
    "说是系统里查不到 被退回两次 月底前要用"
).split()


def measure(rows: int) -> dict[str, Any]:
    """Speed of both in rows a second, and how much memory the import took while it ran."""
    ground.world()
    with tempfile.TemporaryDirectory() as folder:
        path = _file(Path(folder) / "demands.csv", rows)
        process = psutil.Process(os.getpid())
        memory: list[int] = []
        seen: list[int] = []

        def watch(run: ImportRun) -> None:
            memory.append(process.memory_info().rss)
            # What another person would read on the progress page at this moment.
            seen.append(run.accepted)

        run = imports.begin(path, name=path.name, actor=None, scenario="qifu_express", service="demand", source="bench")
        began = time.perf_counter()
        imports.work(run, path, progress=watch)
        ours = time.perf_counter() - began
        if run.accepted != rows or run.refused:
            raise RuntimeError(f"{run.accepted} of {rows} went in: {run.refused_rows.first()}")
        if seen != sorted(seen) or len(seen) < rows // 4000:
            raise RuntimeError("progress was not shown")
        copied = _copy(Path(folder))
    if Case.objects.count() < rows:
        raise RuntimeError("COPY lost rows")
    early, last = max(memory[: max(2, len(memory) // 4)]), max(memory)
    return {
        "ratio": round(copied / ours, 3),
        "target": "at least 0.25",
        "rows": rows,
        "import_rows_s": round(rows / ours),
        "copy_rows_s": round(rows / copied),
        "memory_growth": round(last / early, 3),
        "met": copied / ours >= 0.25 and last / early < 1.15,
    }


def _file(path: Path, rows: int) -> Path:
    """A file of plausible demands, the same every time."""
    chance = random.Random(20230426)
    with connection.cursor() as c:
        c.execute("SELECT uscc FROM registry_business ORDER BY id")
        codes = [code for (code,) in c.fetchall()]
    with open(path, "w", encoding="utf-8", newline="") as f:
        out = csv.writer(f)
        out.writerow(["标题", "内容", "分类", "统一社会信用代码", "联系人", "联系电话", "街道", "希望怎么解决"])
        for i in range(rows):
            subject, place = chance.choice(SUBJECTS), chance.choice(PLACES)
            own = [f"{''.join(chance.sample(PARTS, 3))}{chance.choice(VERBS)}" for _ in range(chance.randint(1, 3))]
            said = ",".join([*own, *chance.sample(WORDS, chance.randint(1, 3))])
            out.writerow(
                [f"{place}{subject}", f"{place}这边{subject},{said}。第 {i} 号", chance.choice(["", "", "other", "tax", "site"]),
                 chance.choice(codes) if i % 3 else "", "王女士", f"0571-{i:08d}", "" if i % 3 else "下沙街道",
                 "" if i % 5 else "请来人看看"]
            )  # fmt: skip
    return path


def _copy(folder: Path) -> float:
    """Seconds to COPY the same rows into the same emptied tables, triggers and constraints included."""
    for table in TABLES:
        with open(folder / table, "wb") as f, connection.cursor() as c, c.copy(f'COPY "{table}" TO STDOUT') as copy:
            for chunk in copy:
                f.write(chunk)
    ground.empty_cases()
    began = time.perf_counter()
    with transaction.atomic():
        for table in TABLES:
            with (
                open(folder / table, "rb") as f,
                connection.cursor() as c,
                c.copy(f'COPY "{table}" FROM STDIN') as copy,
            ):
                while chunk := f.read(1 << 20):
                    copy.write(chunk)
    return time.perf_counter() - began
