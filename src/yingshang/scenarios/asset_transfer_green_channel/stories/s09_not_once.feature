# language: zh-CN
功能: S09 一次也不用跑(原文 L1486-1530)
  高温热场材料企业 2021 年要扩产,一直没有合适地块。钱塘芯谷平台找到多块,选定原越西客车地块;平台全程参加协商,资产交易过户开专门绿色通道,
  快速、安全交割,“一次也不用跑”。原文没有用时,日子、面积、证号为示例。

  场景: 平台找地块、陪谈判、开绿色通道
    假如 现在是"2021-06-07 09:00"
    并且 企业"杭州幄肯新材料科技有限公司"成立于"2017-01-01",在"street.xiasha"和"platform.chip_valley"
    当 企业在"asset_transfer_green_channel"提出"transfer":"扩产找不到地块,想买现成厂房",填表:
      | need | 场地够大,厂房和配套能用,改造少 |
      | area | 20000                            |
    那么 系统建议由"platform.chip_valley"承办,并说明理由
    当 "platform.chip_valley"签收
    并且 "platform.chip_valley"联系企业:"第一时间派人了解情况"
    并且 过了"7 天"
    并且 "platform.chip_valley"完成"sites":
      """
      {"sites": "区内三处符合要求的地块", "chosen": "原越西客车地块", "reason": "场地、主体、配套都合适,简单改造即可投产"}
      """
    并且 过了"20 天"
    并且 "platform.chip_valley"完成"deal":
      """
      {"way": "资产转让", "agreed_on": "2021-07-04", "policy": "讲清相关政策和交易方式"}
      """
    那么 同时等着"dept.planning、dept.tax"
    当 过了"1 天"
    并且 以下单位完成"register":
      | unit          | result       |
      | dept.planning | 过户登记完成 |
      | dept.tax      | 税费已办清   |
    并且 "platform.chip_valley"完成"handover":
      """
      {"title": "示例不动产权第0000002号", "handed_over": "2021-07-05", "runs": 0}
      """
    并且 "platform.chip_valley"答复:"资产已交割,可以动手改造"
    并且 企业确认已解决
    那么 办件已办结并解决
    并且 企业一共跑了"0"次
    并且 参与的单位正是"platform.chip_valley、dept.planning、dept.tax"
