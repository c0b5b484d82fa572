# language: zh-CN
功能: S48 外地大学生来杭州找工作,免费住 7 天(原文 L2214-2216、L2244-2248)
  外地大学生来杭州找工作,在下沙、白杨两个街道的三家定点酒店之一免费住 7 天,享受配套服务,目前已有 1600 余名。
  原文没有具体的人和酒店,姓名、学校、酒店名和日期均为示例。

  场景: 报名、留房、住满 7 天
    假如 现在是"2023-03-06 09:00"
    并且 求职大学生"程示例"
    当 本人在"youth_talent_station"提出"stay":"来杭州参加招聘会",填表:
      | hotel   | 白杨街道定点酒店（示例名） |
      | arrival | 2023-03-13                 |
      | nights  | 7                          |
      | school  | 示例大学                   |
      | city    | 南昌                       |
      | purpose | 找工作                     |
    那么 系统建议由"street.baiyang"承办,并说明理由
    当 "street.baiyang"签收
    并且 "street.baiyang"联系企业:"电话核对到店时间"
    并且 "street.baiyang"完成"booking":
      """
      {"room": "公寓房 1 间", "hotel_phone": "示例电话"}
      """
    并且 时间到了"2023-03-20 10:00"
    并且 "street.baiyang"完成"stayed":
      """
      {"checked_in": "2023-03-13", "days": 7, "services": "招聘信息、接待引导"}
      """
    并且 "street.baiyang"答复:"已免费入住 7 天,欢迎留在钱塘"
    并且 本人确认已解决
    那么 本人看得到答复里的"免费入住 7 天"
    并且 办件已办结并解决
    当 按"2023-03-01"到"2023-04-01"计算"youth_talent_station"的指标
    那么 指标"longest"是"7"

  场景: 想住 8 天,不符合条款,讲清为什么
    假如 现在是"2023-03-06 09:00"
    并且 求职大学生"程示例"
    当 本人在"youth_talent_station"提出"stay":"想多住一天",填表:
      | hotel   | 下沙街道定点酒店甲（示例名） |
      | arrival | 2023-03-13                   |
      | nights  | 8                            |
      | school  | 示例大学                     |
      | city    | 南昌                         |
      | purpose | 找工作                       |
    并且 "street.xiasha"签收
    并且 "street.xiasha"联系企业:"说明最多免费 7 天"
    那么 "booking"还没有开始
    当 "street.xiasha"答复:"免费入住最多 7 天,请改为 7 天以内再申请"
    并且 本人确认已解决
    那么 办件已办结并解决
