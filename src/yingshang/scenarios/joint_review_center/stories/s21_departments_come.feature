# language: zh-CN
功能: S21 部门追着企业跑(原文 L297-298、L348-357)
  生物企业新厂房项目开工备案前,区行政审批局和相关部门主动上门对接。原文没有日期和内容,均为示例。

  场景: 企业没有提出,部门先上门
    假如 现在是"2023-02-06 09:00"
    并且 企业"天境生物科技(杭州)有限公司"成立于"2019-06-01",在"street.xiasha"和"platform.pharma_port"
    当 "dept.approval"替企业提出"land_to_start/guidance":"新厂房开工备案前主动对接",填表:
      | stage | 已拿地未开工             |
      | topic | 开工备案要准备什么       |
    那么 系统建议由"dept.approval"承办,并说明理由
    当 "dept.approval"签收
    并且 "dept.approval"联系企业:"约定上门时间"
    并且 "dept.approval"完成"plan":
      """
      {"way": "到企业现场", "date": "2023-02-08", "units": ["dept.construction", "dept.planning"]}
      """
    那么 同时等着"dept.construction、dept.planning"
    当 过了"2 天"
    并且 以下单位完成"advise":
      | unit              | result                   |
      | dept.construction | 质量安全措施一并备好     |
      | dept.planning     | 方案已符合,无需再送      |
    并且 "dept.approval"答复:"开工备案所需材料已列齐,随项目材料一次交"
    那么 办件是部门主动发起的,企业没有提出过
    当 企业确认已解决
    那么 办件已办结并解决
    并且 首次联系没有超时
