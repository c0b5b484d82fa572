# language: zh-CN
功能: S33 突出贡献企业获得 100 万元奖励(原文 L764-772)
  2022 年 10 月,《杭州市钱塘区人民政府关于纾困助企的政策意见》中“加大对突出贡献企业的支持力度”措施兑付,
  一家整车企业获得 100 万元。评选标准原文未载;理由、日期和经办过程为示例。

  场景: 提出意见、财政退回一次、再提出、到账
    假如 现在是"2022-10-10 09:00"
    并且 企业"广汽乘用车（杭州）有限公司"成立于"2012-01-01",在"street.qianjin"
    当 企业在"outstanding_contribution_award"提出"award":"申报突出贡献企业奖励",填表:
      | contribution | 稳产保供,产值和税收贡献突出(示例) |
      | year         | 2022                               |
    那么 系统建议由"dept.economy"承办,并说明理由
    当 "dept.economy"签收
    并且 "dept.economy"联系企业:"收到自荐材料"
    并且 "dept.economy"完成"propose":
      """
      {"batch": "2022-10", "proposal": "奖励", "award_amount": "1000000.00", "grounds": "按政策意见提出(示例)"}
      """
    并且 "dept.finance"完成"finance":
      """
      {"checked": "退回", "finance_note": "请补充依据(示例)"}
      """
    那么 "pay"还没有开始
    当 "dept.economy"完成"propose":
      """
      {"batch": "2022-10", "proposal": "奖励", "award_amount": "1000000.00", "grounds": "按政策意见提出,补充依据(示例)"}
      """
    并且 "dept.finance"完成"finance":
      """
      {"checked": "同意"}
      """
    并且 时间到了"2022-10-20 10:00"
    并且 "dept.finance"完成"pay":
      """
      {"paid_on": "2022-10-20", "paid_amount": "1000000.00", "bank_reference": "示例回单"}
      """
    并且 "dept.economy"答复:"100 万元奖励已到账"
    并且 企业确认已解决
    那么 办件已办结并解决
    并且 参与的单位正是"dept.economy、dept.finance"
    当 按"2022-10-01"到"2022-11-01"计算"outstanding_contribution_award"的指标
    那么 指标与刊出的数一致:
      | 指标    | 刊出的数 |
      | largest | 100      |
