# language: zh-CN
功能: S46 验收前到现场指导(原文 L422-423 图片说明)
  服务、指导杭州道贤智能科技有限责任公司进行项目联合验收工作。原文只有这句图片说明,日期、单位和内容为示例。

  场景: 验收单位先到现场,说清还差什么
    假如 现在是"2023-05-08 09:00"
    并且 企业"杭州道贤智能科技有限责任公司"成立于"2017-01-01",在"street.qianjin"和"platform.qianjin"
    当 企业在"joint_acceptance"提出"guidance":"想请人看看验收还差什么",填表:
      | project   | 智能装备厂房项目 |
      | completed | 2023-06-01       |
    那么 系统建议由"dept.approval"承办,并说明理由
    当 "dept.approval"签收
    并且 "dept.approval"联系企业:"约好一起到现场"
    并且 "dept.approval"完成"plan":
      """
      {"date": "2023-05-10", "units": ["dept.planning", "dept.construction", "dept.fire"]}
      """
    那么 同时等着"dept.planning、dept.construction、dept.fire"
    当 过了"2 天"
    并且 以下单位完成"advise":
      | unit              | result               |
      | dept.planning     | 竣工测绘可以先做     |
      | dept.construction | 补两份隐蔽工程记录   |
      | dept.fire         | 消防设施检测报告齐全 |
    并且 "dept.approval"答复:"先做测绘,补两份隐蔽工程记录,其余齐全,可以申请联合验收"
    并且 企业确认已解决
    那么 办件已办结并解决
    并且 企业看得到答复里的"可以申请联合验收"
    并且 参与的单位正是"dept.approval、dept.planning、dept.construction、dept.fire"
