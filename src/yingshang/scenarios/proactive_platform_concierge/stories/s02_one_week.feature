# language: zh-CN
功能: S02 一周完成立项备案(原文 L1161-1203)
  制药企业 2021 年底计划投资约 1.7 亿元,在现有厂区腾笼换鸟,项目恰在有机更新范围内,立项备案一时无法进行。
  医药港管理办公室多次到企业调研,与部门沟通,在区委区政府支持下,一周完成立项备案。日子、面积为示例。

  场景: 卡住的备案,一周办成
    假如 现在是"2021-12-20 09:00"
    并且 企业"杭州澳亚生物技术有限公司"成立于"2002-01-01",在"street.xiasha"和"platform.pharma_port"
    当 企业在"proactive_platform_concierge"提出"need":"技改项目在有机更新范围内,备案做不下去",填表:
      | wanted  | 项目备案审批                       |
      | project | 新增年产 7 亿人份疫苗制剂生产基地技术改造 |
    那么 系统建议由"platform.pharma_port"承办,并说明理由
    当 "platform.pharma_port"签收
    并且 "platform.pharma_port"联系企业:"马上到企业调研"
    并且 企业登记"自有用地扩建、技改"项目"新增年产 7 亿人份疫苗制剂生产基地技术改造":
      | 建筑面积（平方米）     | 18000  |
      | 环评类别               | 报告书 |
      | 年综合能耗（吨标准煤） | 900    |
      | 生产药品               | 是     |
    并且 过了"1 天"
    并且 "platform.pharma_port"完成"visit":
      """
      {"visited_on": "2021-12-21", "found": "项目在有机更新范围内,与腾笼换鸟方向一致"}
      """
    并且 "platform.pharma_port"完成"choices":
      """
      {"choices": "原址技改;另行选址", "chosen": "原址技改,腾笼换鸟", "departments": ["dept.planning", "dept.approval"]}
      """
    并且 "platform.pharma_port"召开协调会"有机更新范围内技改项目协调会",日期"2021-12-22 14:00",议定"按技改支持,办理备案",责任单位"dept.approval",期限"2021-12-27"
    并且 过了"1 天"
    并且 以下单位完成"department":
      | unit          | result             |
      | dept.planning | 不影响更新范围实施 |
      | dept.approval | 可以备案           |
    并且 时间到了"2021-12-27 09:30"
    并且 企业交材料"项目备案信息"
    并且 "企业投资项目备案"办结
    那么 立项备案在提出后"7"天内完成
    当 "platform.pharma_port"完成"follow":
      """
      {"milestone": "立项备案完成,项目落地", "date": "2021-12-27"}
      """
    并且 "platform.pharma_port"答复:"立项备案已办好"
    并且 企业确认已解决
    那么 办件已办结并解决
    并且 从提出到办结不超过"8"天
