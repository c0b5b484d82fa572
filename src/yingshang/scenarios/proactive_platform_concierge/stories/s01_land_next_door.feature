# language: zh-CN
功能: S01 专人专班,800 米外拿地(原文 L1102-1159)
  机电企业厂房已满,新厂必须离老厂近。2020 年 11 月求助,大创小镇派专人专班上门,选定约 800 米的地块,立即场平、迁热力管线,
  协助认定战略性新兴产业,工业用地在最低限价标准上打 7 折;2023 年 5 月即将竣工。原文只有年月,日子、限价、面积为示例。

  场景: 上门、选地、场平迁管、认定、七折,一路跟到快竣工
    假如 现在是"2020-11-09 09:00"
    并且 企业"史陶比尔(杭州)精密机械电子有限公司"成立于"1997-01-01",在"street.xiasha"和"platform.dachuang"
    当 企业在"site_levelling_pipe_move"提出"works":"拿地后要场平、迁热力管",填表:
      | parcel | 距原厂区 800 米的地块 |
      | works  | 场地平整、热力管线迁改 |
    并且 "platform.dachuang"签收
    并且 "platform.dachuang"联系企业:"立即组织实施"
    并且 过了"1 天"
    并且 "platform.dachuang"完成"survey":
      """
      {"surveyed_on": "2020-11-10", "found": "有热力管线穿过", "who": ["dept.enforcement", "dept.power"]}
      """
    并且 过了"10 天"
    并且 以下单位完成"move":
      | unit             | result       |
      | dept.enforcement | 场地已平整   |
      | dept.power       | 管线已迁改   |
    并且 "platform.dachuang"完成"handover":
      """
      {"handed_over": "2020-11-20"}
      """
    并且 "platform.dachuang"答复:"净地已交付"
    并且 企业确认已解决
    那么 办件已办结并解决
    当 企业在"land_price_discount"提出"discount":"新项目用地申请七折",填表:
      | project     | 研发及智能制造基地 |
      | recognition | 示例认定 1 号      |
      | area        | 40000              |
    并且 "platform.dachuang"签收
    并且 "platform.dachuang"联系企业:"协助认定战略性新兴产业"
    并且 "platform.dachuang"完成"verify":
      """
      {"recognised": "已认定", "basis": "智能制造类别"}
      """
    并且 "dept.planning"完成"price":
      """
      {"floor": "480", "floor_basis": "示例最低限价标准", "price": "336"}
      """
    那么 核定的地价是最低限价的"70"%
    当 企业在"proactive_platform_concierge"提出"need":"厂房不够,要在老厂附近拿地",填表:
      | wanted | 拿地扩建       |
      | area   | 40000          |
      | near   | 原厂区         |
    那么 系统建议由"platform.dachuang"承办,并说明理由
    当 "platform.dachuang"签收
    并且 "platform.dachuang"联系企业:"第一时间派专人专班上门"
    并且 "platform.dachuang"完成"visit":
      """
      {"visited_on": "2020-11-20", "found": "各部门要联合作业,新厂须在老厂附近"}
      """
    并且 "platform.dachuang"完成"choices":
      """
      {"choices": "排摸三处可供地块及利弊", "chosen": "距原厂区约 800 米的地块", "distance": 800, "departments": ["dept.planning", "dept.reform"]}
      """
    并且 以下单位完成"department":
      | unit          | result                 |
      | dept.planning | 地块已落实             |
      | dept.reform   | 战略性新兴产业认定完成 |
    并且 时间到了"2023-05-15 10:00"
    并且 "platform.dachuang"完成"follow":
      """
      {"milestone": "研发及智能制造基地即将竣工", "date": "2023-05-15"}
      """
    并且 "platform.dachuang"答复:"基地即将竣工,继续跟到投产"
    并且 企业确认已解决
    那么 办件已办结并解决
    并且 从提出到答复在"2020-11-01"和"2023-05-01"之间
