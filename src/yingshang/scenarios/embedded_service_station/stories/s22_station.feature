# language: zh-CN
功能: S22 企业办事不出园区（原文 L386-398、L180-184）
  杭州医药港试点嵌入式政务服务驿站：5 个实体窗口、一网通办 2.0 专窗、自助终端、3 个功能型服务站、7 个第三方专业机构；
  窗口承办 200 余项、2.0 可办 107 项、自助办 350 余项；模式推广到其他 5 个产业平台。
  企业名称、日期和具体办了什么为示例；是哪 5 个平台原文未载，这里按示例。

  背景:
    假如 现在是"2023-03-06 09:00"
    并且 企业"示例医药港企业"成立于"2021-05-01",在"street.xiasha"和"platform.pharma_port"

  场景: 办照、税务和知识产权的事在驿站一次办完，一次也没出园区
    当 企业在"embedded_service_station"提出"errand":"变更经营范围,顺便领发票、问专利",填表:
      | item    | 商事审批、税务、知识产权服务 |
      | channel | 到窗口                       |
      | asker   | 企业                         |
    那么 系统建议由"platform.pharma_port"承办,并说明理由
    当 "platform.pharma_port"签收
    并且 "platform.pharma_port"联系企业:"驿站三个窗口都在,今天就能办"
    并且 "platform.pharma_port"完成"accept":
      """
      {"items": [
        {"what": "变更经营范围", "unit": "dept.market", "papers": "章程修正案"},
        {"what": "领发票", "unit": "dept.tax"},
        {"what": "专利预审咨询", "unit": "dept.ip_center"}
      ]}
      """
    那么 "carry_out"同时等着"3"个单位
    当 过了"2 小时"
    并且 "dept.market"完成"carry_out":"已变更"
    并且 "dept.tax"完成"carry_out":"发票已领"
    并且 "dept.ip_center"完成"carry_out":"已答复专利预审条件"
    并且 "platform.pharma_port"完成"deliver":
      """
      {"trips": 0, "result": "执照变更、发票、专利咨询当天办完"}
      """
    并且 "platform.pharma_port"答复:"三件事都在驿站办好了"
    并且 企业确认已解决
    那么 办件已办结并解决
    并且 从提出到办结不超过"1"天
    当 按"2023-03-01"到"2023-04-01"计算"embedded_service_station"的指标
    那么 指标"inside"是"100"

  场景: 试点总结以后推广到其他五个平台，窗口、专窗、自助事项数与刊出的一致
    当 "platform.pharma_port"登记驿站:
      | windows | 5 | window_items | 200 | net_items | 107 | self_items | 350 | functional | 3 | third_parties | 7 |
    并且 "dept.approval"的负责人把"platform.pharma_port"的驿站推广到"platform.dachuang、platform.bonded_zone、platform.chip_valley、platform.linjiang、platform.qianjin"
    并且 "dept.approval"完成"sum_up":
      """
      {"works": "窗口进园区、自助终端全天开、第三方机构进驻"}
      """
    那么 "set_up"同时等着"5"个单位
    当 过了"30 天"
    并且 各平台建成驿站并登记
    并且 "dept.approval"完成"inspect":
      """
      {"looked_on": "2023-04-05", "open_stations": 5}
      """
    那么 办件已办结
    并且 每个平台建站都没有超过承诺的"60"个工作日
    当 按"2023-03-01"到"2023-05-27"计算"embedded_service_station"的指标
    那么 指标与刊出的数一致:
      | 指标          | 刊出的数 |
      | stations      | 6        |
      | window_items  | 200      |
      | net_items     | 107      |
      | self_items    | 350      |
      | third_parties | 7        |
