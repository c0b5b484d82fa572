# language: zh-CN
功能: S11 97 亩用地和员工住宿(原文 L1575-1616)
  密封胶企业土地紧张,区领导和园区领导考察项目后优先供地,2022 年 12 月给 97 亩;员工宿舍不够,园区主动对接临江的多余宿舍帮租,同时启动蓝领公寓。
  什么项目能优先原文没有,考察和供地只登记;日子为示例。

  场景: 用地指标优先,多余宿舍帮着租
    假如 现在是"2022-10-10 09:00"
    并且 企业"杭州之江新材料有限公司"成立于"1996-01-01",在"street.linjiang"和"platform.linjiang"
    当 企业在"proactive_platform_concierge"提出"need":"土地紧张,员工宿舍也不够",填表:
      | wanted  | 拿地扩建                 |
      | project | 高性能密封胶新材料项目   |
    那么 系统建议由"platform.linjiang"承办,并说明理由
    当 "platform.linjiang"签收
    并且 "platform.linjiang"联系企业:"园区领导来考察项目"
    并且 过了"1 天"
    并且 "platform.linjiang"完成"visit":
      """
      {"visited_on": "2022-10-11", "found": "区领导、园区领导考察项目;宿舍不够影响招工"}
      """
    并且 "platform.linjiang"完成"choices":
      """
      {"choices": "用地指标优先供地;对接临江多余宿舍;启动蓝领公寓", "chosen": "都办", "departments": ["dept.planning", "dept.construction"]}
      """
    并且 时间到了"2022-12-12 09:00"
    并且 以下单位完成"department":
      | unit              | result                     |
      | dept.planning     | 优先供地 97 亩             |
      | dept.construction | 多余宿舍已对接,蓝领公寓启动 |
    并且 "platform.linjiang"登记"land_quota_priority.allocation":
      | project      | 高性能密封胶新材料项目 |
      | mu           | 97                     |
      | allocated_on | 2022-12-12             |
      | inspected_by | 区领导、园区领导       |
    并且 "platform.linjiang"完成"follow":
      """
      {"milestone": "供地 97 亩,员工住下", "date": "2022-12-12"}
      """
    并且 "platform.linjiang"答复:"97 亩用地已供,宿舍已帮租"
    并且 企业确认已解决
    那么 办件已办结并解决
    并且 登记了"land_quota_priority.allocation",其中"mu"是"97"
